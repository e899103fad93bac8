/** Handles a working directory that does not exist any more. */
import { WindlassError } from '../../lib/errors.js'

/**
 * Changes to `/` if the working directory does not exist, because threads cannot start without one. `process.cwd()`
 * then throws USAGE, so that relative paths are an error and do not refer to files below `/`.
 */
export function ensureWorkingDirectory(): void {
  try {
    process.cwd()
  } catch (cause) {
    process.chdir('/')
    process.cwd = () => {
      throw new WindlassError('USAGE', 'The working directory does not exist any more', {
        cause,
        hint: 'Change to a directory that exists, or name files and directories by absolute paths.',
      })
    }
  }
}
