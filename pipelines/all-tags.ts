/**
 * Pulls every tag of a repository. The list of tags is read page by page on demand. Two images are pulled at a time and
 * share their layers. A tag that fails does not stop the others.
 *
 *     tags ═╦═► pull ═╦═► outcome of each, in the order of the list
 *           ╚═► pull ═╝
 */
import { map } from 'rxjs'
import { type ErrorRecord, WindlassError, asWindlassError } from '../lib/errors.js'
import { Flow, type Stage, compose, lift, toArray } from '../lib/flow/index.js'
import { type PulledImage } from '../lib/stages/index.js'
import { type EachPullOptions, eachPull } from './each-pull.js'

/** Result for one tag. */
export type TagOutcome = PulledTag | FailedTag

/** A tag that was pulled. */
export interface PulledTag extends Pick<
  PulledImage,
  'name' | 'digest' | 'mediaType' | 'platform' | 'imageId' | 'size' | 'status'
> {
  readonly tag: string
}

/** A tag that could not be pulled. */
export interface FailedTag {
  readonly tag: string
  /** Normalised name with the tag. */
  readonly name: string
  readonly error: ErrorRecord
}

/** Result of a pull of all tags. */
export interface PulledTags {
  /** Normalised name of the repository. */
  readonly name: string
  /** `newer` if any of the images was new or changed, else `up-to-date`. */
  readonly status: PulledImage['status']
  /** Results in the order in which the registry lists the tags. */
  readonly tags: readonly TagOutcome[]
  /** Number of tags that failed. */
  readonly failed: number
  /** Warnings about the list of tags. */
  readonly warnings: readonly TagsWarning[]
}

/** A warning about the list of tags of a repository. */
export interface TagsWarning {
  /** `tags-left-out`: the registry lists items that are not valid tags. */
  readonly code: string
  readonly message: string
}

/** Options of `allTags`. */
export interface AllTagsOptions extends Pick<EachPullOptions<string, TagOutcome>, 'start'> {
  /** Normalised name of the repository. */
  readonly name: string
  /** Cancel all pulls when a tag fails, and fail with its error. */
  readonly failFast: boolean
  /** Warnings about the list. They are read after the end of the list, so the array may be filled during the pull. */
  readonly warnings?: readonly TagsWarning[]
}

/** Reports whether the pull of the tag failed. */
export const hasFailed = (outcome: TagOutcome): outcome is FailedTag => 'error' in outcome

/** Pulls each tag that it receives and emits one result for all of them. */
export function allTags({ name, failFast, start, warnings = [] }: AllTagsOptions): Stage<string, PulledTags> {
  return compose(
    eachPull<string, TagOutcome>({
      start,
      mapImage: ({ name, digest, mediaType, platform, imageId, size, status }, tag) => {
        return { tag, name, digest, mediaType, platform, imageId, size, status }
      },
      mapError: (error, tag) => {
        if (failFast) throw error
        return { tag, name: `${name}:${tag}`, error: asWindlassError(error).toJSON() }
      },
    }),
    toArray(),
    lift(
      map((tags): PulledTags => {
        const newer = tags.some((each) => !hasFailed(each) && each.status === 'newer')
        const failed = tags.filter(hasFailed).length
        return { name, status: newer ? 'newer' : 'up-to-date', tags, failed, warnings: [...warnings] }
      }),
    ),
  )
}

/** Returns a flow of `tags`. If there are none, it fails with MANIFEST_UNKNOWN and Docker's message. */
export const nonEmptyTags = (tags: AsyncIterable<string>, name: string): Flow<string> =>
  Flow.from(requireTags(tags, name))

async function* requireTags(tags: AsyncIterable<string>, name: string): AsyncGenerator<string> {
  let isEmpty = true
  for await (const tag of tags) {
    isEmpty = false
    yield tag
  }
  if (isEmpty) throw noTagsError(name)
}

/** Returns the error for a repository without tags. Its message is the one that Docker prints. */
export const noTagsError = (name: string): WindlassError =>
  new WindlassError('MANIFEST_UNKNOWN', `No tags available for remote repository ${name}`, {
    reference: name,
  })
