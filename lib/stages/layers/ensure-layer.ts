/**
 * Ensures that a layer is in the store. A layer that is missing is fetched by `line`, once for all pulls that want it
 * from the same host with the same credentials.
 */
import { type Observable, concatMap, defer, of } from 'rxjs'
import { Flow, type Scope, type Stage, through } from '../../flow/index.js'
import { type Digest, algorithmOf } from '../../image/index.js'
import type { Store } from '../../store/index.js'
import type { EnsuredLayer, LayerTask, SharedLayerTask } from '../../transfer/elements.js'
import { diffIDMismatch } from '../../transfer/sharing/expectations.js'
import type { BringLayer, FetchedLayer, LayerFlights } from '../../transfer/sharing/layer-flights.js'
import { type LayerGoal, goalKey } from '../../transfer/sharing/layer-goal.js'
import { sourceIdentity } from '../../transfer/sharing/source-identity.js'

export interface EnsureLayerOptions {
  readonly store: Store
  readonly goal: LayerGoal
  readonly flights: LayerFlights
  /** Layers of one pull that are under way at once. */
  readonly slots: number
}

/** `line` brings one layer that is missing; it takes its slots inside the flight (law 7). */
export function ensureLayer(
  { store, goal, flights, slots }: EnsureLayerOptions,
  line: Stage<SharedLayerTask, FetchedLayer>,
): Stage<LayerTask, EnsuredLayer> {
  const bring =
    (expected?: Digest): BringLayer =>
    (task: SharedLayerTask, scope: Scope): Observable<FetchedLayer> =>
      defer(() => findLayer(task, store, goal, expected)).pipe(
        concatMap((found) => {
          if (!found) return Flow.of(task).pipe(line).toObservable(scope)
          const { digest, size } = task.descriptor
          scope.emit({ type: 'layer', digest, status: 'exists', current: size, total: size })
          return of(found.stored)
        }),
      )
  const key = (identity: string, { descriptor }: LayerTask): string =>
    `${identity} ${descriptor.digest} ${goalKey(goal)}`

  return through(
    (task: LayerTask, scope) =>
      sourceIdentity(task.source, scope).pipe(
        concatMap((identity) => {
          const first = key(identity, task)
          const again = (expected: Digest): Observable<FetchedLayer> =>
            flights.join(`${first} ${algorithmOf(expected)}`, task, bring(expected), scope)
          return flights
            .join(first, task, bring(), scope)
            .pipe(concatMap((stored) => heldAgainstConfig(task, stored, again)))
        }),
      ),
    { name: 'ensure-layer', slots },
  )
}

/**
 * Other pulls on the flight may have expected something else than this one. The same layer by another algorithm, which
 * they expected or an earlier pull did, is another one in the store: then `again` brings this one.
 */
function heldAgainstConfig(
  task: LayerTask,
  stored: FetchedLayer,
  again?: (expected: Digest) => Observable<FetchedLayer>,
): Observable<EnsuredLayer> {
  if (!stored) return of({ task, stored })
  return defer(async () => task.diffID).pipe(
    concatMap((expected) => {
      if (expected === undefined || stored.diffID === expected) return of({ task, stored })
      if (again && algorithmOf(expected) !== algorithmOf(stored.diffID))
        return again(expected).pipe(concatMap((other) => heldAgainstConfig(task, other)))
      throw diffIDMismatch(task.descriptor.digest, expected, stored.diffID)
    }),
  )
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
  const { digest } = descriptor
  if (expected === undefined) {
    const stored = await store.layers.findByBlob(digest, goal.form)
    return stored && { stored }
  }
  const stored = await store.layers.find(expected, goal.form)
  return stored?.blobs.includes(digest) === true ? { stored } : undefined
}
