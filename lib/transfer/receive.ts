/**
 * Downloads the missing bytes of a layer from one place and appends them to those already present. A file that consists
 * of several downloads is verified when it is complete. If it is wrong, it is emptied, so that a retry downloads it
 * again.
 */
import { batches, Meter, sizeMismatchHint, manifestSizeError } from '../bytes/index.js'
import { WindlassError } from '../errors.js'
import { formatBytes, formatCount } from '../quantities.js'
import type { Turn } from '../flow/index.js'
import { isMismatch } from '../image/index.js'
import type { Arriving, ArrivingLayer } from './elements.js'
import type { BlobPlace } from './places/blob-place.js'
import { requestEvents } from './request-events.js'
import { layerProgress } from './layer-progress.js'

/** A layer that is being downloaded into a file. */
export type ReceivingLayer = ArrivingLayer & { readonly arriving: Arriving }

/**
 * Downloads until the file has the size that the descriptor states. Reads at most one chunk beyond it.
 * @throws errors of `place.fetch` and of its stream; NETWORK when the body ends early; SIZE_MISMATCH when the body is
 * longer than the descriptor states; DIGEST_MISMATCH when a resumed download has the wrong digest. A mismatch of a
 * resumed download is retryable, because the earlier bytes may have caused it.
 */
export async function receive(layer: ReceivingLayer, turn: Turn, place: BlobPlace): Promise<void> {
  const { file } = layer.arriving
  const { size } = layer.descriptor
  turn.emit(layerProgress(layer, 'downloading'))
  if (file.state.length === size && size > 0 && !isWhole(layer)) await startOver(layer, turn)
  if (file.state.length === size) return
  const { length, generation } = file.state
  const isResumed = (): boolean => length > 0 && file.state.generation === generation
  try {
    await append(layer, turn, place)
    if (isResumed()) file.verify()
  } catch (error) {
    if (!isResumed() || !isMismatch(error)) throw error
    await startOver(layer, turn)
    const { code, message, subject } = error
    throw new WindlassError(code, message, { ...subject, cause: error, retryable: true })
  }
}

/** Empties the file and emits a `restart` event: the download begins again at the first byte. */
export async function startOver(layer: ReceivingLayer, turn: Turn, host?: string): Promise<void> {
  await layer.arriving.file.truncate()
  turn.emit(layerProgress(layer, 'restart', host === undefined ? {} : { host }))
}

/**
 * Returns whether a file of full length has the right digest. An earlier download may have ended before verification.
 */
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
    onRequest: requestEvents(turn, digest),
    ...(length > 0 && { offset: length, ...(validator !== undefined && { validator }) }),
  })
  const { host, stream } = body
  const meter = new Meter(() => turn.emit(layerProgress(layer, 'downloading', { host })))
  try {
    if (body.size !== undefined && body.size !== size)
      throw new WindlassError(
        'SIZE_MISMATCH',
        `Failed to download layer ${digest}: ${host} sends ${formatCount(body.size, 'byte')}, but the manifest states ${formatCount(size, 'byte')}`,
        { digest, host, hint: sizeMismatchHint },
      )
    if (body.offset !== length) await startOver(layer, turn, host)
    if (partial.expectedSize === undefined || partial.from !== from || validator !== body.validator)
      await partial.record({ validator: body.validator, from, expectedSize: size })
    for await (const batch of batches(stream)) meter.add(await file.append(batch))
  } catch (error) {
    // The file is complete, so a failure at the end of the body does not matter.
    if (file.state.length < size || isMismatch(error) || turn.signal.aborted) throw error
  } finally {
    stream.destroy()
    meter.stop()
  }
  if (file.state.length < size && file.hasDigest()) {
    const sizes = `${formatCount(file.state.length, 'byte')}, but the manifest states ${formatCount(size, 'byte')}`
    const failed = `Failed to download layer ${digest}: ${host} has ${sizes}`
    throw manifestSizeError(failed, digest, host)
  }
  if (file.state.length < size)
    throw new WindlassError(
      'NETWORK',
      `Failed to download layer ${digest}: ${host} ended the transfer after ${formatBytes(file.state.length)} of ${formatBytes(size)}`,
      { digest, host, hint: `Check the network connection to ${host}.` },
    )
}
