/** The bytes of a config, verified against the descriptor that leads to them. */
import type { Buffer } from 'node:buffer'
import { Verifier, readCapped } from '../../bytes/index.js'
import { type Descriptor, type ImageSource } from '../../image/index.js'
import { defaultLimits, raiseHint } from '../../limits.js'

/** The largest config that is read, in bytes, unless a request says otherwise. */
export const maxConfigBytes = defaultLimits.configBytes

/** @throws LIMIT_EXCEEDED, SIZE_MISMATCH, DIGEST_MISMATCH, and what the source says */
export async function configBytes(
  source: ImageSource,
  descriptor: Descriptor,
  {
    reference,
    signal,
    configBytes: limit = maxConfigBytes,
  }: { readonly reference: string; readonly signal: AbortSignal; readonly configBytes?: number },
): Promise<Buffer> {
  const { stream } = await source.blob(descriptor, { signal })
  const fetched = await readCapped(stream, {
    limit,
    name: 'configBytes',
    what: `the config of ${reference}`,
    hint: raiseHint('configBytes'),
  })
  const verifier = new Verifier(descriptor, 'image config')
  verifier.update(fetched)
  verifier.check()
  return fetched
}
