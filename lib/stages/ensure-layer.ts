/**
 * Ensures that a layer is in the store. A layer that is missing is fetched by `line`, once for all pulls that want it
 * from the same host with the same credentials.
 */
import { type Observable, concatMap, defer, of } from 'rxjs'
import { Flow, type Scope, type Stage, through } from '../flow/index.js'
import type { Store } from '../store/index.js'
import type { EnsuredLayer, LayerTask, SharedLayerTask } from './elements.js'
import { diffIDMismatch } from './expectations.js'
import type { Brought, LayerFlights } from './layer-flights.js'
import { type LayerGoal, goalKey } from './layer-goal.js'
import { sourceIdentity } from './source-identity.js'

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
  line: Stage<SharedLayerTask, Brought>,
): Stage<LayerTask, EnsuredLayer> {
  const bring = (task: SharedLayerTask, scope: Scope): Observable<Brought> =>
    defer(() => findLayer(task, store, goal)).pipe(
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
        concatMap((identity) => flights.join(key(identity, task), task, bring, scope)),
        concatMap((brought) => heldAgainstConfig(task, brought)),
      ),
    { name: 'ensure-layer', slots },
  )
}

/** Other pulls on the flight may have expected something else than this one. */
async function heldAgainstConfig(task: LayerTask, stored: Brought): Promise<EnsuredLayer> {
  if (!stored) return { task, stored }
  const expected = await task.diffID
  if (expected !== undefined && stored.diffID !== expected)
    throw diffIDMismatch(task.descriptor.digest, expected, stored.diffID)
  return { task, stored }
}

async function findLayer(
  { descriptor }: LayerTask,
  store: Store,
  goal: LayerGoal,
): Promise<{ readonly stored: Brought } | undefined> {
  if (goal.refresh) return undefined
  if (!goal.unpack)
    return (await store.blobs.has(descriptor.digest, descriptor.size)) ? { stored: undefined } : undefined
  const stored = await store.layers.findByBlob(descriptor.digest, goal.form)
  return stored && { stored }
}
