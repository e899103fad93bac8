/**
 * One attempt at bringing a layer's bytes. The layer is passed on with the first attempt, its file still growing; the
 * attempt ends when all bytes are here. The next one goes on where this one broke off (S2-66).
 */
import { Observable } from 'rxjs'
import { Meter } from '../bytes/index.js'
import { WindlassError } from '../errors.js'
import type { Behavior, Supervisor, Turn } from '../flow/index.js'
import type { Arriving, ArrivingLayer } from './elements.js'
import { layerProgress } from './layer-progress.js'

/** A layer that is to be downloaded. */
export type DownloadTask = ArrivingLayer & { readonly arriving: Arriving }

/** `supervise` decides whether a failure is tried again; it is asked here too, so that the event says so. */
export const transfer =
  (supervise: Supervisor<DownloadTask>): Behavior<DownloadTask, ArrivingLayer> =>
  (layer, turn) =>
    new Observable((out) => {
      if (turn.attempt === 1) out.next(layer)
      const filled = fill(layer, turn).then(
        () => {
          out.complete()
        },
        (error: unknown) => {
          tellRetry(
            layer,
            turn,
            supervise({ actor: 'downloads', message: layer, error, attempt: turn.attempt }),
            error,
          )
          out.error(error)
        },
      )
      turn.defer(() => filled)
    })

async function fill(layer: DownloadTask, turn: Turn): Promise<void> {
  const { arriving, descriptor } = layer
  const { file } = arriving
  const offset = file.state.length
  if (offset < descriptor.size) await receive(layer, turn)
  const { length } = file.state
  if (length < descriptor.size)
    throw new WindlassError(
      'NETWORK',
      `Downloading layer ${descriptor.digest}: ${layer.source.host} ended the transfer after ${length} of ${descriptor.size} bytes`,
      { digest: descriptor.digest, host: layer.source.host },
    )
  if (offset > 0 && file.state.generation === 0) await trustOrDiscard(layer, turn)
  file.finish()
}

async function receive(layer: DownloadTask, turn: Turn): Promise<void> {
  const { arriving, descriptor, source } = layer
  const { file, partial } = arriving
  const { length } = file.state
  turn.emit(layerProgress(layer, 'downloading'))
  const { validator } = partial
  const body = await source.blob(descriptor, {
    signal: turn.signal,
    ...(length > 0 && { offset: length, ...(validator !== undefined && { validator }) }),
  })
  const { host, stream } = body
  if (body.size !== undefined && body.size !== descriptor.size) {
    stream.destroy()
    throw new WindlassError(
      'SIZE_MISMATCH',
      `Downloading layer ${descriptor.digest}: ${host} offers ${body.size} bytes, but the manifest says ${descriptor.size}`,
      { digest: descriptor.digest, host },
    )
  }
  if (body.offset !== length) await startOver(layer, turn, host)
  if (partial.expectedSize === undefined || partial.validator !== body.validator)
    await partial.record({ validator: body.validator, expectedSize: descriptor.size })
  const meter = new Meter(() => turn.emit(layerProgress(layer, 'downloading', { host })))
  try {
    for await (const chunk of stream as AsyncIterable<Buffer>) {
      await file.append(chunk)
      meter.add(chunk.length)
    }
  } finally {
    stream.destroy()
    meter.stop()
  }
}

/** Bytes that did not come in one piece may not fit together: then all of it comes again (S2-74). */
async function trustOrDiscard(layer: DownloadTask, turn: Turn): Promise<void> {
  const { file } = layer.arriving
  try {
    file.verify()
  } catch (error) {
    await startOver(layer, turn, layer.source.host)
    const { code, message, subject } = error as WindlassError // verify throws nothing else
    throw new WindlassError(code, message, { ...subject, cause: error, retryable: true })
  }
}

async function startOver(layer: DownloadTask, turn: Turn, host: string): Promise<void> {
  await layer.arriving.file.truncate()
  turn.emit(layerProgress(layer, 'restart', { host }))
}

function tellRetry(layer: DownloadTask, turn: Turn, verdict: unknown, error: unknown): void {
  if (turn.signal.aborted || typeof verdict !== 'object' || verdict === null || !('retry' in verdict)) return
  turn.emit(
    layerProgress(layer, 'retrying', {
      retryIn: Number(verdict.retry),
      reason: error instanceof Error ? error.message : String(error),
      attempt: turn.attempt + 1,
    }),
  )
}
