/**
 * Brings the bytes of a layer that are missing from one place, and appends them to those that are here. What came in
 * pieces is checked at once: pieces that do not fit together are thrown away, and all of it may come again.
 */
import { batches, Meter, eitherHint, wrongSize } from '../bytes/index.js'
import { WindlassError } from '../errors.js'
import type { Turn } from '../flow/index.js'
import type { BlobBody, BlobRequest } from '../image/index.js'
import type { Arriving, ArrivingLayer } from './elements.js'
import { layerProgress } from './layer-progress.js'

/** A layer that is on its way into a file. */
export type ReceivingLayer = ArrivingLayer & { readonly arriving: Arriving }

export interface BlobPlace {
  /** The host, or the URL: a validator counts only where it came from. */
  readonly from: string
  readonly fetch: (request: BlobRequest) => Promise<BlobBody>
}

/**
 * Resolves when as many bytes are here as the descriptor says. Reads no more than that, and one chunk.
 * @throws what `place` and its stream fail with; NETWORK where the body ends early; SIZE_MISMATCH where it is longer,
 * or DIGEST_MISMATCH where pieces do not fit: retryable if the bytes that were here before may be to blame
 */
export async function receive(layer: ReceivingLayer, turn: Turn, place: BlobPlace): Promise<void> {
  const { file } = layer.arriving
  const { size } = layer.descriptor
  turn.emit(layerProgress(layer, 'downloading'))
  if (file.state.length === size && size > 0 && !isWhole(layer)) await startOver(layer, turn)
  if (file.state.length === size) return
  const { length, generation } = file.state
  const resumed = (): boolean => length > 0 && file.state.generation === generation
  try {
    await append(layer, turn, place)
    if (resumed()) file.verify()
  } catch (error) {
    if (!resumed() || !isMismatch(error)) throw error
    await startOver(layer, turn)
    const { code, message, subject } = error
    throw new WindlassError(code, message, { ...subject, cause: error, retryable: true })
  }
}

/** Empties the file and says so: the bytes come again, from the first. */
export async function startOver(layer: ReceivingLayer, turn: Turn, host?: string): Promise<void> {
  await layer.arriving.file.truncate()
  turn.emit(layerProgress(layer, 'restart', host === undefined ? {} : { host }))
}

/** Whether an error is about bytes that are not those of the digest. */
export const isMismatch = (error: unknown): error is WindlassError =>
  error instanceof WindlassError && (error.code === 'DIGEST_MISMATCH' || error.code === 'SIZE_MISMATCH')

/** An earlier download may have left all bytes, and nobody who verified them. */
function isWhole({ arriving: { file } }: ReceivingLayer): boolean {
  try {
    file.verify()
    return true
  } catch (error) {
    if (isMismatch(error)) return false
    throw error
  }
}

async function append(layer: ReceivingLayer, turn: Turn, { from, fetch }: BlobPlace): Promise<void> {
  const { arriving, descriptor } = layer
  const { file, partial } = arriving
  const { digest, size } = descriptor
  const { length } = file.state
  const validator = partial.validatorOf(from)
  const body = await fetch({
    signal: turn.signal,
    ...(length > 0 && { offset: length, ...(validator !== undefined && { validator }) }),
  })
  const { host, stream } = body
  const meter = new Meter(() => turn.emit(layerProgress(layer, 'downloading', { host })))
  try {
    if (body.size !== undefined && body.size !== size)
      throw new WindlassError(
        'SIZE_MISMATCH',
        `Downloading layer ${digest}: ${host} offers ${body.size} bytes, but the manifest says ${size}`,
        { digest, host, hint: eitherHint },
      )
    if (body.offset !== length) await startOver(layer, turn, host)
    if (partial.expectedSize === undefined || partial.from !== from || validator !== body.validator)
      await partial.record({ validator: body.validator, from, expectedSize: size })
    for await (const batch of batches(stream)) meter.add(await file.append(batch))
  } catch (error) {
    // All of it came: that the end of the body did not is no loss.
    if (file.state.length < size || isMismatch(error) || turn.signal.aborted) throw error
  } finally {
    stream.destroy()
    meter.stop()
  }
  if (file.state.length < size && file.hasDigest()) {
    const failed = `Downloading layer ${digest}: ${host} has ${file.state.length} bytes, but the manifest says ${size}`
    throw wrongSize(failed, digest, host)
  }
  if (file.state.length < size)
    throw new WindlassError(
      'NETWORK',
      `Downloading layer ${digest}: ${host} ended the transfer after ${file.state.length} of ${size} bytes`,
      { digest, host },
    )
}
