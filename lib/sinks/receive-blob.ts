/** Reads a blob that is written to a target on this machine, and verifies it. */
import type { Readable } from 'node:stream'
import { Verifier, batches } from '../bytes/index.js'
import type { Descriptor, OpenBlob } from '../image/index.js'
import { throwIfAborted } from './layout/cancelled.js'

/**
 * Opens a blob and passes its content to `append`, in batches.
 * @throws SIZE_MISMATCH, DIGEST_MISMATCH; errors of `open`, of its stream and of `append`; CANCELLED or the reason of `signal`
 */
export async function receiveBlob(
  descriptor: Descriptor,
  open: OpenBlob,
  append: (batch: readonly Buffer[]) => Promise<void>,
  signal: AbortSignal | undefined,
): Promise<void> {
  const stream = await open()
  const verifier = new Verifier(descriptor, 'blob')
  try {
    for await (const batch of batchesUntilAborted(stream, signal)) {
      for (const chunk of batch) verifier.update(chunk)
      await append(batch)
    }
  } finally {
    stream.destroy()
  }
  verifier.check()
}

/**
 * Yields the batches of a stream.
 * @throws when `signal` aborts: its reason if that is a WindlassError, else CANCELLED
 */
async function* batchesUntilAborted(
  stream: Readable,
  signal: AbortSignal | undefined,
): AsyncGenerator<readonly Buffer[]> {
  const abort = (): void => void stream.destroy()
  signal?.addEventListener('abort', abort, { once: true })
  try {
    if (signal?.aborted === true) abort()
    yield* batches(stream)
    throwIfAborted(signal)
  } finally {
    signal?.removeEventListener('abort', abort)
  }
}
