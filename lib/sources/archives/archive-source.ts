/** What the sources that read archives share. */
import type { ArchiveDocuments, ArchivedFile } from '../../archive/index.js'
import { readPart } from '../../archive/index.js'
import { printable } from '../../codec/index.js'
import { WindlassError } from '../../errors.js'
import type { Digest } from '../../image/index.js'
import type { OpenedBlob } from '../local/local-source.js'

/** Returns a file of an archive as a blob. */
export const blobOfArchived = (file: ArchivedFile): OpenedBlob => ({
  size: file.size,
  read: () => readPart(file),
  stream: (offset, length, signal) => file.open({ offset, length, signal }),
  close: () => undefined,
})

/** Opens a blob of an archive. @throws BLOB_UNKNOWN if the archive does not have it */
export function openArchivedBlob(documents: ArchiveDocuments, digest: Digest): OpenedBlob {
  const file = documents.blob(digest)
  if (file) return blobOfArchived(file)
  throw new WindlassError(
    'BLOB_UNKNOWN',
    `The archive ${printable(documents.label)} does not have ${digest}`,
    {
      ...{ digest, path: documents.label },
      hint: 'The archive is incomplete. Create it again.',
    },
  )
}
