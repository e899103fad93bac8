/**
 * Carries out the plan of a sync: copies several images at a time, then removes tags. An image that fails does not stop
 * the others. Nothing is removed from a repository to which an image could not be copied.
 *
 *     items ═╦═► copy ═╦═► outcomes ─► remove tags, one repository after another ─► report
 *            ╚═► copy ═╝
 */
import { map } from 'rxjs'
import { WindlassError, asWindlassError } from '../../lib/errors.js'
import { type Stage, compose, lift, stage, toArray } from '../../lib/flow/index.js'
import { type ImageSink, parseImageName } from '../../lib/image/index.js'
import type { CopiedImage, CopyTarget } from '../../lib/transfer/index.js'
import { type RunningPull, eachPull } from '../each-pull.js'
import type { SyncAction, SyncItem } from './sync-plan.js'
import { type SyncOutcome, type SyncReport, type SyncResult, outcomeOf, syncReportOf } from './sync-report.js'

/** Options of `runSync`. */
export interface RunSyncSettings {
  /** Maximum number of images that are copied concurrently. */
  readonly concurrency: number
  /** Cancel all copies when one fails, and fail with its error. */
  readonly failFast: boolean
  /** Starts the copy of an item. */
  readonly start: (item: SyncItem) => RunningPull<CopiedImage>
  /** Returns the target that a name states. */
  readonly target: (name: string) => CopyTarget
}

/** Returns the stage that carries out each item it receives, and emits one report for all of them. */
export function runSync({
  concurrency,
  failFast,
  start,
  target,
}: RunSyncSettings): Stage<SyncItem, SyncReport> {
  const began = performance.now()
  const startedAt = new WeakMap<SyncItem, number>()
  const durationOf = (item: SyncItem): number =>
    Math.round(performance.now() - (startedAt.get(item) ?? performance.now()))
  return compose(
    eachPull<SyncItem, SyncOutcome, CopiedImage | undefined>({
      slots: concurrency,
      start: (item) => {
        if (!isCopied(item)) return nothingToDo
        startedAt.set(item, performance.now())
        return start(item)
      },
      mapImage: (image, item) => {
        if (image === undefined) return outcomeOf(item, results[item.action])
        const { bytes, referrers } = image
        return outcomeOf(item, results[item.action], {
          ...{ bytes, duration: durationOf(item) },
          ...(referrers !== undefined && { copiedReferrers: referrers }),
        })
      },
      mapError: (error, item) => {
        if (failFast) throw error
        const failure = asWindlassError(error).toJSON()
        return outcomeOf(item, 'failed', { error: failure, duration: durationOf(item) })
      },
    }),
    toArray(),
    stage(
      (outcomes: readonly SyncOutcome[], { signal }) => removeTags(outcomes, { target, failFast, signal }),
      { name: 'remove-tags' },
    ),
    lift(map((outcomes) => syncReportOf(outcomes, Math.round(performance.now() - began)))),
  )
}

/** Returns whether an item is carried out by a copy. */
export const isCopied = ({ action }: SyncItem): boolean =>
  action === 'copy' || action === 'replace' || action === 'referrers'

const nothingToDo: RunningPull<undefined> = {
  done: Promise.resolve(undefined),
  cancel: () => undefined,
  closed: () => Promise.resolve(),
}

/** Results of actions that succeed. Removals come after all copies. */
const results: Readonly<Record<SyncAction, SyncResult>> = {
  ...{ copy: 'copied', replace: 'replaced', referrers: 'completed' },
  ...{ equal: 'equal', failed: 'failed', delete: 'kept' },
}

interface RemovalSettings extends Pick<RunSyncSettings, 'target' | 'failFast'> {
  readonly signal: AbortSignal
}

/** Removes the tags of all items with the action `delete`. @throws CANCELLED; the first failure, with `failFast` */
async function removeTags(
  outcomes: readonly SyncOutcome[],
  { target, failFast, signal }: RemovalSettings,
): Promise<readonly SyncOutcome[]> {
  const repositories = new Map<
    string,
    { readonly sink: ImageSink; readonly tags: Map<string, SyncOutcome> }
  >()
  const failed = new Set(outcomes.filter(({ result }) => result === 'failed').map(({ to }) => placeOf(to)))
  for (const outcome of outcomes) {
    const place = placeOf(outcome.to)
    if (outcome.action !== 'delete' || failed.has(place)) continue
    const { sink, tag } = target(outcome.to)
    const known = repositories.get(place) ?? { sink, tags: new Map<string, SyncOutcome>() }
    repositories.set(place, known)
    if (tag !== undefined) known.tags.set(tag, outcome)
  }
  const changed = new Map<SyncOutcome, SyncOutcome>()
  for (const { sink, tags } of repositories.values())
    for await (const { tag, error } of sink.removeTags?.([...tags.keys()], { signal }) ?? []) {
      if (error && failFast) throw error
      const outcome = tags.get(tag)
      if (outcome)
        changed.set(
          outcome,
          error ? outcomeOf(outcome, 'failed', { error: error.toJSON() }) : outcomeOf(outcome, 'deleted'),
        )
    }
  return outcomes.map((outcome) => changed.get(outcome) ?? outcome)
}

/** Returns the repository or the layout of an image. */
function placeOf(name: string): string {
  try {
    const named = parseImageName(name)
    return named.kind === 'registry' ? named.reference.name : `${named.kind}:${named.path}`
  } catch (error) {
    // The item of a whole repository that could not be listed has the name of the repository.
    if (error instanceof WindlassError) return name
    throw error
  }
}
