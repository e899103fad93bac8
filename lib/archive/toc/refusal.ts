/** The errors about tables of contents. */
import { WindlassError } from '../../errors.js'

/** Returns a LAYER_INVALID error. `what` is a clause: `it has two files at the same offset`. */
export const invalidTocError = (what: string, cause?: unknown): WindlassError =>
  new WindlassError('LAYER_INVALID', `Reading the table of contents of the layer failed: ${what}`, {
    cause,
    hint: 'The table does not match the layer. Tell whoever publishes the image.',
  })
