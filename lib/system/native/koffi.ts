/** Loads koffi, which calls functions of C libraries. */
import { createRequire } from 'node:module'
import type * as Koffi from 'koffi'
import { codeFile } from './code-file.js'

/**
 * Loads koffi on the first call in each thread. A bundler does not follow this call: koffi finds its binaries relative
 * to its own package, so it cannot be part of a bundle.
 * @throws an error of `require` if koffi is not installed, or has no binary for this platform
 */
export const loadKoffi = (): typeof Koffi => createRequire(codeFile)('koffi') as typeof Koffi
