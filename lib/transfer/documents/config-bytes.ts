/** Fetches the bytes of an image config. */
import type { Buffer } from 'node:buffer'
import { Verifier, readCapped } from '../../bytes/index.js'
import { type Control, pausable } from '../../flow/index.js'
import type { BlobRequest, Descriptor, ImageSource } from '../../image/index.js'
import { defaultLimits, raiseHint } from '../../limits.js'

/** Default maximum size of a config in bytes. */
export const maxConfigBytes = defaultLimits.configBytes

/**
 * Fetches a config and verifies it against its descriptor.
 * @param configBytes - maximum size in bytes
 * @throws LIMIT_EXCEEDED, SIZE_MISMATCH, DIGEST_MISMATCH; errors of the source
 */
export async function fetchConfigBytes(
  source: ImageSource,
  descriptor: Descriptor,
  {
    reference,
    signal,
    configBytes: limit = maxConfigBytes,
    control,
    onRequest,
  }: {
    readonly reference: string
    readonly signal: AbortSignal
    readonly configBytes?: number
    readonly control?: Control | undefined
    readonly onRequest?: BlobRequest['onRequest']
  },
): Promise<Buffer> {
  const fetched = await pausable(control, signal, async (runSignal) => {
    const { stream } = await source.blob(descriptor, { signal: runSignal, onRequest })
    return readCapped(stream, {
      limit,
      name: 'configBytes',
      what: `the config of ${reference}`,
      hint: raiseHint('configBytes'),
    })
  })
  const verifier = new Verifier(descriptor, 'image config')
  verifier.update(fetched)
  verifier.check()
  return fetched
}
