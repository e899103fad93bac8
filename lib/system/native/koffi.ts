/** Loads koffi, which calls functions of C libraries. */
import { createRequire } from 'node:module'
import type * as Koffi from 'koffi'
import { codeFile } from './code-file.js'

/**
 * Loads koffi on the first call in each thread. Uses `createRequire` so that bundlers do not include koffi, which
 * finds its binaries relative to its own package.
 * @throws an error of `require` if koffi is not installed, or has no binary for this platform
 */
export const loadKoffi = (): typeof Koffi => createRequire(codeFile)('koffi') as typeof Koffi
