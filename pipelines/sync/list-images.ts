/** Finds the images of an entry: lists the tags of its repositories, each once, and selects from them. */
import { asWindlassError } from '../../lib/errors.js'
import { isReferrersTag } from '../../lib/image/index.js'
import {
  type RepositoryEntry,
  type SyncEntry,
  type SyncRepository,
  imageIn,
  parseRepository,
  selectTags,
  tagsOfNames,
} from '../../lib/sync/index.js'
import type { SyncItem } from './sync-plan.js'
import { type SyncPlaces, readTags } from './sync-places.js'

/** An image that an entry selects. */
export interface SelectedImage {
  readonly entry: SyncEntry
  /** Normalised names. */
  readonly from: string
  readonly to: string
}

/** The images of an entry. */
export interface ListedImages {
  readonly images: readonly SelectedImage[]
  /** Tags of the target that the entry concerns and does not select. Only if tags are removed. */
  readonly lost: readonly LostTag[]
  /** Target repository from which nothing may be removed, as what it has to keep is not known. */
  readonly keeps?: string
  /** Failures of listing. */
  readonly failures: readonly SyncItem[]
  readonly warnings: readonly string[]
}

/** A tag of a target repository that the source does not have, or that is not selected any more. */
export interface LostTag {
  readonly entry: SyncEntry
  readonly repository: string
  /** Normalised name of the image. */
  readonly to: string
}

/** Options of an `ImageLister`. */
export interface ImageListerOptions {
  readonly places: SyncPlaces
  /** Also list the tags of the targets. */
  readonly withLost: boolean
}

/** Lists images. Lists of tags are shared by the entries. */
export class ImageLister {
  readonly #places: SyncPlaces
  readonly #withLost: boolean
  readonly #lists = new Map<string, Promise<readonly string[]>>()

  constructor({ places, withLost }: ImageListerOptions) {
    this.#places = places
    this.#withLost = withLost
  }

  /** Returns the images of an entry. A failure is part of the result. @throws CANCELLED */
  async list(entry: SyncEntry, signal: AbortSignal): Promise<ListedImages> {
    const nothing = { lost: [], failures: [], warnings: [] }
    if (entry.kind === 'repository') return this.#ofRepository(entry, signal)
    const images = entry.images.map(({ from, to }) => this.#selected(entry, from, to))
    return { ...nothing, images }
  }

  async #ofRepository(entry: RepositoryEntry, signal: AbortSignal): Promise<ListedImages> {
    const [source, target] = [parseRepository(entry.source), parseRepository(entry.target)]
    const warnings: string[] = []
    const onWarning = (_code: string, message: string): void => void warnings.push(message)
    const { source: from } = this.#places.request(imageIn(source, anyTag), undefined)
    const listing = this.#tags(
      `from ${entry.source}`,
      source,
      (request) => from.tags(request),
      signal,
      onWarning,
    )
    const listed = await settled(listing, signal)
    if ('error' in listed)
      return {
        ...{ images: [], lost: [], warnings, keeps: entry.target },
        failures: [failureOf(entry, entry.source, listed.error)],
      }
    const tags = selectTags(listed.value, entry.filters).filter(
      // What belongs to an image is copied with the image.
      (tag) => !entry.referrers || !isReferrersTag(tag),
    )
    const images = tags.map((tag) => this.#selected(entry, imageIn(source, tag), imageIn(target, tag)))
    if (images.length === 0) {
      warnings.push(
        `No tag of ${entry.source} is selected, so nothing is copied to or removed from ${entry.target}`,
      )
      return { images, lost: [], failures: [], warnings, keeps: entry.target }
    }
    if (!this.#withLost) return { images, lost: [], failures: [], warnings }
    return {
      images,
      ...(await this.#lostTags(entry, target, new Set(tags), { signal, warnings, onWarning })),
    }
  }

  async #lostTags(
    entry: RepositoryEntry,
    target: SyncRepository,
    selected: ReadonlySet<string>,
    { signal, warnings, onWarning }: LostTagsOptions,
  ): Promise<Omit<ListedImages, 'images'>> {
    const { sink } = this.#places.target(imageIn(target, anyTag))
    if (sink.tags === undefined || sink.removeTags === undefined)
      return {
        ...{ lost: [], failures: [], keeps: entry.target },
        warnings: [...warnings, `Nothing is removed from ${entry.target}: it cannot remove tags`],
      }
    const read: ReadTags = (request) => sink.tags!(request)
    const listed = await settled(this.#tags(`to ${entry.target}`, target, read, signal, onWarning), signal)
    if ('error' in listed) {
      if (listed.error.code === 'NAME_UNKNOWN') return { lost: [], failures: [], warnings }
      const failures = [failureOf(entry, entry.source, listed.error)]
      return { ...{ lost: [], failures, warnings }, keeps: entry.target }
    }
    const lost = selectTags(listed.value, entry.filters, { limited: false })
      // What belongs to an image may also have been added at the target.
      .filter((tag) => !selected.has(tag) && !isReferrersTag(tag))
      .map((tag) => ({ entry, repository: entry.target, to: this.#places.target(imageIn(target, tag)).name }))
    return { lost, failures: [], warnings }
  }

  /** Lists the tags of a repository, once for all entries. */
  #tags(
    key: string,
    repository: SyncRepository,
    read: ReadTags,
    signal: AbortSignal,
    onWarning: (code: string, message: string) => void,
  ): Promise<readonly string[]> {
    const { retry } = this.#places
    const known = this.#lists.get(key) ?? readTags(read, { retry, signal, onWarning })
    this.#lists.set(key, known)
    return repository.kind === 'layout' ? known.then((names) => tagsOfNames(names, repository.prefix)) : known
  }

  #selected(entry: SyncEntry, from: string, to: string): SelectedImage {
    return { entry, from: this.#places.request(from, undefined).name, to: this.#places.target(to).name }
  }
}

type ReadTags = Parameters<typeof readTags>[0]

interface LostTagsOptions {
  readonly signal: AbortSignal
  readonly warnings: readonly string[]
  readonly onWarning: (code: string, message: string) => void
}

/** Opens a repository by the name of an image in it. */
const anyTag = 'latest'

type Settled<T> = { readonly value: T } | { readonly error: ReturnType<typeof asWindlassError> }

/** Returns the result or the error of `work`. @throws CANCELLED if `signal` is aborted */
async function settled<T>(work: Promise<T>, signal: AbortSignal): Promise<Settled<T>> {
  try {
    return { value: await work }
  } catch (error) {
    if (signal.aborted) throw error
    return { error: asWindlassError(error) }
  }
}

const failureOf = (
  entry: RepositoryEntry,
  from: string,
  error: ReturnType<typeof asWindlassError>,
): SyncItem => {
  const { line, allPlatforms, referrers } = entry
  return {
    ...{ action: 'failed', line, from, to: entry.target, allPlatforms, referrers },
    error: error.toJSON(),
  }
}
