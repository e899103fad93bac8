/** Loads koffi, which calls functions of C libraries. */
import { createRequire } from 'node:module'
import type * as Koffi from 'koffi'
import { codeFile } from './code-file.js'

/**
 * Loads koffi on the first call in each thread. Uses `createRequire` so that bundlers do not include koffi, which
 * finds its binaries relative to its own package. The package of the binary is tried first: the functions used here are
 * in it, and `koffi` itself, which finds it and adds deprecated functions, takes as long again to load.
 * @throws an error of `require` if koffi is not installed, or has no binary for this platform
 */
export function loadKoffi(): typeof Koffi {
  const require = createRequire(codeFile)
  try {
    return require(`@koromix/koffi-${process.platform}-${process.arch}`) as typeof Koffi
  } catch {
    return require('koffi') as typeof Koffi
  }
}
