/**
 * Downloads a layer from the places of the current rank, one at a time. A place is a registry or URL that may have the
 * layer; `PlaceList` groups places in ranks. Nothing that a place sends is trusted except bytes with the right digest.
 */
import { WindlassError } from '../errors.js'
import type { Turn } from '../flow/index.js'
import { concernsPlace, isMismatch } from '../image/index.js'
import { type ReceivingLayer, receive, startOver } from './receive.js'
import type { GrowingState } from '../bytes/index.js'
import type { BlobPlace } from './places/blob-place.js'
import type { PlaceList } from './places/place-list.js'

/**
 * Downloads the missing bytes of a layer. Tries the places of the current rank in order until one provides the layer;
 * after a failure in the middle of the layer, the next place continues at the same byte. A mirror, and a place whose
 * failure is final, is dropped from the list.
 * @throws the error of the place if it is the only one that is not a mirror. Otherwise, when all places have failed, an
 * error with all failures in `cause`. Its code is that of a mismatch if there was one, else that of the earlier rank, else
 * BLOB_UNKNOWN. It is retryable if one of the failures is. Errors of the store are thrown unchanged.
 */
export async function receiveFrom(layer: ReceivingLayer, turn: Turn, list: PlaceList): Promise<void> {
  const [first, ...others] = list.places
  const isOnly = others.length === 0 && list.refusals.length === 0 && !list.hasContributions
  if (first && isOnly) return receive(layer, turn, first)
  const failures: WindlassError[] = []
  const report = (place: BlobPlace, error: WindlassError): void => {
    if (!place.isMirror) failures.push(error)
    const event = place.onFailure?.(error)
    if (event) turn.emit(event)
  }
  for (const place of list.places) {
    const before = layer.arriving.file.state
    let failure = await failureAt(layer, turn, place)
    if (failure && isMismatch(failure) && failure.retryable) {
      // The wrong bytes may be those that were there before, of mirrors or of an earlier run. The file is empty now.
      for (const mirror of list.takeContributors(before.generation))
        report(mirror, wrongBytesError(layer, mirror, failure))
      failure = await failureAt(layer, turn, place)
    }
    if (!failure) return
    const isUnnamed = isMismatch(failure) && failure.subject.host === undefined
    report(place, place.isMirror && isUnnamed ? wrongBytesError(layer, place, failure) : failure)
    if (place.isMirror || !failure.retryable) list.drop(place)
    const after = layer.arriving.file.state
    if (place.isMirror && hasGrown(before, after)) list.recordContribution(place, after.generation)
  }
  const [only, ...more] = failures
  if (only && more.length === 0 && list.refusals.length === 0) throw only
  throw allFailed(layer, list.refusals, failures)
}

/**
 * Downloads and verifies the layer from one place. Returns the failure; undefined if there is none.
 * @throws errors that other places would have too
 */
async function failureAt(
  layer: ReceivingLayer,
  turn: Turn,
  place: BlobPlace,
): Promise<WindlassError | undefined> {
  try {
    await receive(layer, turn, place)
    await assertWhole(layer, turn)
    return undefined
  } catch (error) {
    if (turn.signal.aborted || !concernsPlace(error)) throw error
    return error
  }
}

const hasGrown = (before: GrowingState, after: GrowingState): boolean =>
  after.length > (after.generation === before.generation ? before.length : 0)

const wrongBytesError = (
  { descriptor: { digest } }: ReceivingLayer,
  { from }: BlobPlace,
  cause: WindlassError,
): WindlassError =>
  new WindlassError('DIGEST_MISMATCH', `${from} sent wrong bytes of the layer ${digest}`, {
    ...{ digest, host: from, cause },
    hint: 'Tell whoever runs this mirror. The layer is downloaded from another place.',
  })

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
