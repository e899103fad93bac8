/** Checks that a manifest has the digest of its bytes, by which layouts name it. */
import { WindlassError } from '../../errors.js'
import { printable } from '../../codec/index.js'
import { type Descriptor, algorithmOf, digestOf } from '../../image/index.js'

/**
 * Checks that `bytes` have the digest of the descriptor.
 * @param layout path of the layout, for errors
 * @throws UNSUPPORTED if they have not, as signed schema 1 manifests
 */
export function assertOwnDigest(bytes: Buffer, { digest, mediaType }: Descriptor, layout: string): void {
  if (digestOf(bytes, algorithmOf(digest)) === digest) return
  throw new WindlassError(
    'UNSUPPORTED',
    `Failed to write ${digest} to the layout ${printable(layout)}: its bytes do not have this digest, as in signed schema 1 manifests`,
    {
      ...{ digest, path: layout },
      hint: `An OCI layout cannot hold a manifest of the type ${mediaType}.`,
    },
  )
}
