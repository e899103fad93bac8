/**
 * Plans a sync: what the entries of a list select, compared with what the targets have. Nothing is changed.
 *
 *     entries ═╦═► list tags, select ═╦═► merge ═╦═► compare by HEAD ═╦═► plan
 *              ╚═► list tags, select ═╝          ╚═► compare by HEAD ═╝
 */
import { WindlassError } from '../../lib/errors.js'
import { Flow, Scope, compose, stage, toArray } from '../../lib/flow/index.js'
import type { SyncEntry, SyncList } from '../../lib/sync/index.js'
import { runForResult } from '../run-for-result.js'
import { compareImage } from './compare-image.js'
import { ImageLister, type ListedImages, type SelectedImage } from './list-images.js'
import { type SyncItem, type SyncPlan, planOf } from './sync-plan.js'
import type { SyncPlaces } from './sync-places.js'

/** Options of `planSync`. */
export interface PlanSyncSettings {
  readonly places: SyncPlaces
  /** Plan to remove tags of the targets that the list does not select any more (false). */
  readonly delete?: boolean
  readonly signal?: AbortSignal | undefined
}

/** Number of repositories whose tags are listed concurrently. */
const listSlots = 4

/** Number of images that are compared concurrently. */
const compareSlots = 8

/**
 * Returns the plan of a sync. A source or target that fails is an item of the plan; the others are planned all the same.
 * @throws REFERENCE_INVALID, USAGE, PLATFORM_INVALID for an invalid name; CANCELLED when `signal` aborts
 */
export async function planSync(
  { entries }: Pick<SyncList, 'entries'>,
  { places, delete: withLost = false, signal }: PlanSyncSettings,
): Promise<SyncPlan> {
  const lister = new ImageLister({ places, withLost })
  const list = stage((entry: SyncEntry, turn) => lister.list(entry, turn.signal), {
    ...{ name: 'list-tags', slots: listSlots, order: 'source' },
  })
  const compare = stage((image: SelectedImage, turn) => compareImage(image, places, turn.signal), {
    ...{ name: 'compare', slots: compareSlots, order: 'source' },
  })
  const scope = new Scope()
  try {
    const listed = await runForResult(Flow.from(entries).pipe(compose(list, toArray())), scope, signal)
    const { images, conflicts } = distinct(listed.flatMap((each) => each.images))
    const compared = await runForResult(Flow.from(images).pipe(compose(compare, toArray())), scope, signal)
    const items = [...listed.flatMap(({ failures }) => failures), ...compared, ...conflicts]
    return planOf(
      [...items, ...removals(listed)],
      [...new Set([...listed.flatMap(({ warnings }) => warnings), ...keptWarnings(listed)])],
    )
  } finally {
    await scope.close()
  }
}

/** Leaves out images that two entries select. Entries that write different images to one name are conflicts. */
function distinct(images: readonly SelectedImage[]): {
  readonly images: readonly SelectedImage[]
  readonly conflicts: readonly SyncItem[]
} {
  const first = new Map<string, SelectedImage>()
  const conflicts: SyncItem[] = []
  for (const image of images) {
    const known = first.get(image.to)
    if (known === undefined) first.set(image.to, image)
    else if (known.from !== image.from) conflicts.push(conflictOf(image, known))
  }
  return { images: [...first.values()], conflicts }
}

function conflictOf({ entry, from, to }: SelectedImage, known: SelectedImage): SyncItem {
  const { line, allPlatforms, referrers } = entry
  const error = new WindlassError(
    'USAGE',
    `Cannot copy ${from} to ${to}: line ${known.entry.line} copies ${known.from} there`,
    {
      reference: to,
      hint: 'Give each image a name of its own. For a list of skopeo, --scoped does so.',
    },
  )
  return { action: 'failed', line, from, to, allPlatforms, referrers, error: error.toJSON() }
}

/** Returns the removals of tags that no entry selects. */
function removals(listed: readonly ListedImages[]): readonly SyncItem[] {
  const wanted = new Set(listed.flatMap(({ images }) => images.map(({ to }) => to)))
  const kept = keptRepositories(listed)
  const lost = new Map(listed.flatMap((each) => each.lost).map((tag) => [tag.to, tag]))
  return [...lost.values()]
    .filter(({ to, repository }) => !wanted.has(to) && !kept.has(repository))
    .map(({ to, entry: { line } }) => ({
      ...{ action: 'delete', line, to, allPlatforms: false, referrers: false },
    }))
}

const keptRepositories = (listed: readonly ListedImages[]): ReadonlySet<string> =>
  new Set(listed.flatMap(({ keeps }) => keeps ?? []))

/** Says from which repositories nothing is removed although some entry would. */
function keptWarnings(listed: readonly ListedImages[]): readonly string[] {
  const kept = keptRepositories(listed)
  const concerned = listed.flatMap(({ lost }) => lost.map(({ repository }) => repository))
  return [...new Set(concerned.filter((repository) => kept.has(repository)))].map(
    (repository) => `Nothing is removed from ${repository}, as it is not known what it has to keep`,
  )
}
