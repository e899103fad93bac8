/** The errors of this folder: what is wrong with an archive, said in one form. */
import { WindlassError } from '../../errors.js'
import { limitExceeded, type LimitName } from '../../image/limits.js'

/** A name out of an archive as a message may show it: quoted, with everything outside of printable ASCII escaped. */
export function quoted(name: string): string {
  const shown = name.length > 200 ? `${name.slice(0, 200)}…` : name
  return `"${shown.replace(/[^\x20-\x7e…]|["\\]/g, (c) => `\\x${c.charCodeAt(0).toString(16).padStart(2, '0')}`)}"`
}

/** What to do about a layer that cannot be unpacked, whoever is to blame. */
export const nothingKept = 'Nothing of the layer is kept. Tell whoever publishes the image.'

/** LAYER_INVALID: `what` as a clause, such as `the header checksum is wrong`. */
export const invalidArchive = (what: string, hint = nothingKept): WindlassError =>
  new WindlassError('LAYER_INVALID', `Reading the archive of the layer failed: ${what}`, { hint })

/** LIMIT_EXCEEDED: `what` as a noun, such as `the size of a pax header`. */
export const overLimit = (what: string, actual: number, name: LimitName, allowed: number): WindlassError =>
  limitExceeded(`Reading the archive of the layer failed: ${what} is ${actual}`, name, allowed)
