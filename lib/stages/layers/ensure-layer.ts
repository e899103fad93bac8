/**
 * Ensures that a layer is in the store. If it is not, it is fetched once for all pulls that need it from the same
 * source with the same credentials.
 */
import { type Observable, concatMap, defer, of } from 'rxjs'
import { Flow, type Scope, type SlotCount, type Stage, through } from '../../flow/index.js'
import { type Digest, algorithmOf } from '../../image/index.js'
import type { Store } from '../../store/index.js'
import type { EnsuredLayer, LayerTask, SharedLayerTask } from '../../transfer/elements.js'
import { diffIDMismatch } from '../../transfer/sharing/expectations.js'
import type { FetchLayer, FetchedLayer, LayerFlights } from '../../transfer/sharing/layer-flights.js'
import { type LayerGoal, goalKey, needsBlob } from '../../transfer/sharing/layer-goal.js'
import { sourceIdentity } from '../../transfer/sharing/source-identity.js'

/** Settings of `ensureLayer`. */
export interface EnsureLayerOptions {
  readonly store: Store
  readonly goal: LayerGoal
  readonly flights: LayerFlights
  /** Maximum number of layers of one pull that are processed concurrently. */
  readonly slots: number | SlotCount
}

/**
 * Returns the stage that finds each layer in the store or fetches it with `fetchStage`. A layer that `plan` found is not
 * looked for again: the store holds it for the pull. Only the pull that starts a
 * shared download uses slots of `fetchStage`; pulls that join it do not.
 * @throws DIFF_ID_MISMATCH when the unpacked content differs from the config; errors of `fetchStage` and of the store
 */
export function ensureLayer(
  { store, goal, flights, slots }: EnsureLayerOptions,
  fetchStage: Stage<SharedLayerTask, FetchedLayer>,
): Stage<LayerTask, EnsuredLayer> {
  const findOrFetch =
    (expected?: Digest): FetchLayer =>
    (task: SharedLayerTask, scope: Scope): Observable<FetchedLayer> =>
      defer(() => findLayer(task, store, goal, expected)).pipe(
        concatMap((found) => {
          if (!found) return Flow.of(task).pipe(fetchStage).toObservable(scope)
          emitExists(task, scope)
          return of(found.stored)
        }),
      )
  const key = (identity: string, { descriptor }: LayerTask): string =>
    `${identity} ${descriptor.digest} ${goalKey(goal)}`

  return through(
    (task: LayerTask, scope) => {
      const join = (expected?: Digest): Observable<FetchedLayer> =>
        sourceIdentity(task.source, scope, task.control).pipe(
          concatMap((identity) => {
            const algorithm = expected === undefined ? '' : ` ${algorithmOf(expected)}`
            return flights.join(`${key(identity, task)}${algorithm}`, task, findOrFetch(expected), scope)
          }),
        )
      const { found } = task
      if (found) emitExists(task, scope)
      return (found ? of(found.stored) : join()).pipe(
        concatMap((stored) => checkAgainstConfig(task, stored, join)),
        concatMap(async (stored) => ({ task, stored, blobPath: await storedBlobPath(task, store) })),
      )
    },
    { name: 'ensure-layer', slots },
  )
}

function emitExists({ descriptor: { digest, size } }: LayerTask, scope: Scope): void {
  scope.emit({ type: 'layer', digest, status: 'exists', current: size, total: size })
}

/**
 * Compares the stored layer with the config of this pull, because another pull with another diffID may have started the
 * download. If the expected diffID has another digest algorithm, `fetchAgain` fetches the layer with that algorithm:
 * the store has a separate layer for each.
 */
function checkAgainstConfig(
  task: LayerTask,
  stored: FetchedLayer,
  fetchAgain?: (expected: Digest) => Observable<FetchedLayer>,
): Observable<FetchedLayer> {
  if (!stored) return of(stored)
  return defer(async () => task.diffID).pipe(
    concatMap((expected) => {
      if (expected === undefined || stored.diffID === expected) return of(stored)
      if (fetchAgain && algorithmOf(expected) !== algorithmOf(stored.diffID))
        return fetchAgain(expected).pipe(concatMap((refetched) => checkAgainstConfig(task, refetched)))
      throw diffIDMismatch(task.descriptor.digest, expected, stored.diffID)
    }),
  )
}

async function storedBlobPath(
  { descriptor: { digest, size }, found }: LayerTask,
  store: Store,
): Promise<string | undefined> {
  const hasBlob = found?.hasBlob ?? (await store.blobs.has(digest, size))
  return hasBlob ? store.blobs.path(digest) : undefined
}

async function findLayer(
  { descriptor }: LayerTask,
  store: Store,
  goal: LayerGoal,
  expected: Digest | undefined,
): Promise<{ readonly stored: FetchedLayer } | undefined> {
  if (goal.refresh) return undefined
  if (!goal.unpack)
    return (await store.blobs.has(descriptor.digest, descriptor.size)) ? { stored: undefined } : undefined
  const { digest, size } = descriptor
  const stored =
    expected === undefined
      ? await store.layers.findByBlob(digest, goal.form)
      : await store.layers.find(expected, goal.form)
  if (!stored?.blobs.includes(digest)) return undefined
  if (needsBlob(stored, digest, goal) && !(await store.blobs.has(digest, size))) return undefined
  return { stored }
}
