/** A command that is started in a directory which is gone by now. */
import { WindlassError } from '../../lib/errors.js'

/**
 * Goes to `/` where the working directory is gone: threads cannot start without one. Relative paths stay an error, for
 * they would lead elsewhere from there.
 */
export function standSomewhere(): void {
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
