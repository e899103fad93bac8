/** Locates the running code, whether it is a source file, a file of the package, or a bundle in CommonJS or ESM. */
import { fileURLToPath } from 'node:url'

/**
 * Path of this module, or of the bundle that contains it. A bundle in CommonJS has `__filename` and no
 * `import.meta.url`.
 */
export const codeFile = typeof __filename === 'string' ? __filename : fileURLToPath(import.meta.url)
