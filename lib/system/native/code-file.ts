/** Locates the code that is running, in the sources, in the package and in a bundle of either format. */
import { fileURLToPath } from 'node:url'

/**
 * Path of this module, or of the bundle that contains it. A bundle in CommonJS has `__filename` and no
 * `import.meta.url`.
 */
export const codeFile = typeof __filename === 'string' ? __filename : fileURLToPath(import.meta.url)
