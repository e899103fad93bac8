/**
 * Downloads a layer from the places of the current rank, one at a time. A place is a registry or URL that may have the
 * layer; `PlaceList` groups places in ranks. Nothing that a place sends is trusted except bytes with the right digest.
 */
import { WindlassError } from '../errors.js'
import type { Turn } from '../flow/index.js'
import { type ReceivingLayer, isMismatch, receive, startOver } from './receive.js'
import type { PlaceList } from './places/place-list.js'

/**
 * Downloads the missing bytes of a layer. Tries the places of the current rank in order until one provides the layer. A
 * place whose failure is final is dropped from the list.
 * @throws the error of the place if it is the only one. Otherwise, when all places have failed, an error with all
 * failures in `cause`. Its code is that of a mismatch if there was one, else that of the earlier rank, else
 * BLOB_UNKNOWN. It is retryable if one of the failures is. Errors of the store are thrown unchanged.
 */
export async function receiveFrom(layer: ReceivingLayer, turn: Turn, list: PlaceList): Promise<void> {
  const [first, ...others] = list.places
  if (first && others.length === 0 && list.refusals.length === 0) return receive(layer, turn, first)
  const failures: WindlassError[] = []
  for (const place of list.places) {
    try {
      await receive(layer, turn, place)
      await assertWhole(layer, turn)
      return
    } catch (error) {
      if (turn.signal.aborted || !concernsPlace(error)) throw error
      if (!error.retryable) list.drop(place)
      failures.push(error)
      const event = place.failureEvent?.(error)
      if (event) turn.emit(event)
    }
  }
  throw allFailed(layer, list.refusals, failures)
}

/**
 * Returns whether another place may succeed after this error: no access, a missing blob, wrong bytes, the network, or a
 * redirect.
 */
export const concernsPlace = (error: unknown): error is WindlassError =>
  error instanceof WindlassError &&
  (error.exitCode === 3 ||
    error.exitCode === 4 ||
    error.exitCode === 6 ||
    error.code === 'LIMIT_EXCEEDED' ||
    isMismatch(error))

/** Verifies the complete file. Wrong bytes are discarded, so that the next place starts with an empty file. */
async function assertWhole(layer: ReceivingLayer, turn: Turn): Promise<void> {
  try {
    layer.arriving.file.verify()
  } catch (error) {
    await startOver(layer, turn)
    throw error
  }
}

function allFailed(
  { descriptor: { digest }, source }: ReceivingLayer,
  refusals: readonly WindlassError[],
  failures: readonly WindlassError[],
): WindlassError {
  const all = [...refusals, ...failures]
  const code = failures.find(isMismatch)?.code ?? refusals[0]?.code ?? 'BLOB_UNKNOWN'
  const redirect = failures.find((error) => error.code === 'REDIRECT_REFUSED' && error.hint !== undefined)
  const urls = failures.length === 1 ? 'the foreign URL of the layer' : 'a foreign URL of the layer'
  return new WindlassError(
    code,
    `Failed to download layer ${digest} from ${source.host} or ${urls}: ${all.map(({ message }) => message).join('; ')}`,
    {
      digest,
      host: source.host,
      retryable: failures.some(({ retryable }) => retryable),
      cause: new AggregateError(all, 'Every source of the layer failed'),
      hint:
        redirect?.hint ??
        'The manifest lists these sources for the layer. Tell whoever publishes the image that none of them works.',
    },
  )
}
