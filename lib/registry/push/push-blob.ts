/** Pushes a blob: opens its source, opens an upload, sends the content, and cancels the upload if that fails. */
import type { Descriptor } from '../../image/documents/descriptor.js'
import type { OpenBlob } from '../../image/sink.js'
import type { RepositoryContext } from '../api/repository-context.js'
import { BlobContent } from './blob-content.js'
import { type BlobToSend, sendChunks, sendWhole } from './send-blob.js'
import { type Upload, cancelUpload, openUpload } from './upload.js'

/**
 * Pushes a blob. Its size and digest are verified before the last byte is sent.
 * @throws SIZE_MISMATCH, DIGEST_MISMATCH when `open` returns other content; errors of `open` and its stream; errors of
 * `pushRefusal`; REGISTRY_RESPONSE, REDIRECT_REFUSED, network errors
 */
export async function pushBlob(
  context: RepositoryContext,
  descriptor: Descriptor,
  open: OpenBlob,
  signal: AbortSignal | undefined,
): Promise<void> {
  const content = new BlobContent(descriptor, open)
  const blob: BlobToSend = { digest: descriptor.digest, content, signal }
  try {
    await content.prepare()
    const sent = await withUpload(context, blob, (upload) => sendWhole(context, upload, blob))
    // The first upload may contain bytes of the refused request, so the chunks need a new upload.
    if (sent === 'needs-chunks')
      await withUpload(context, blob, (upload) => sendChunks(context, upload, blob))
  } finally {
    content.close()
  }
}

type Outcome = Awaited<ReturnType<typeof sendWhole>>

/** Opens an upload and runs `send` with it. Cancels the upload unless the content was sent. */
async function withUpload(
  context: RepositoryContext,
  { digest, signal }: BlobToSend,
  send: (upload: Upload) => Promise<Outcome>,
): Promise<Outcome> {
  const upload = await openUpload(context, digest, signal)
  let isSent = false
  try {
    const outcome = await send(upload)
    isSent = outcome === 'sent'
    return outcome
  } finally {
    if (!isSent) await cancelUpload(context, upload)
  }
}
