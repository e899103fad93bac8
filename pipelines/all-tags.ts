/**
 * The pull of every tag of a repository: the tags come page by page, as they are wanted, two images are under way at once
 * and share their layers, and a tag that fails does not stop the others.
 *
 *     tags ═╦═► pull ═╦═► outcome of each, in the order of the list
 *           ╚═► pull ═╝
 */
import { map } from 'rxjs'
import { type ErrorRecord, WindlassError, asWindlassError } from '../lib/errors.js'
import { Flow, type Stage, compose, lift } from '../lib/flow/index.js'
import { type PulledImage } from '../lib/stages/index.js'
import { toArray } from '../lib/flow/index.js'
import { type EachPullOptions, eachPull } from './each-pull.js'

/** What became of one tag. */
export type TagOutcome = PulledTag | FailedTag

export interface PulledTag extends Pick<
  PulledImage,
  'name' | 'digest' | 'mediaType' | 'platform' | 'imageId' | 'size' | 'status'
> {
  readonly tag: string
}

export interface FailedTag {
  readonly tag: string
  readonly name: string
  readonly error: ErrorRecord
}

export interface PulledTags {
  /** The repository's normalised name. */
  readonly name: string
  /** Whether any tag brought something new. */
  readonly status: PulledImage['status']
  /** In the order in which the registry lists them. */
  readonly tags: readonly TagOutcome[]
  /** How many of them failed. */
  readonly failed: number
  /** What was odd about the list itself. */
  readonly warnings: readonly TagsWarning[]
}

export interface TagsWarning {
  /** `tags-left-out`: the registry lists items that are no tags. */
  readonly code: string
  readonly message: string
}

export interface AllTagsOptions extends Pick<EachPullOptions<string, TagOutcome>, 'start'> {
  /** The repository's normalised name. */
  readonly name: string
  /** End with the first tag that fails, and with its error. */
  readonly failFast: boolean
  /** Those of the list, once it has been read to its end. */
  readonly warnings?: readonly TagsWarning[]
}

export const hasFailed = (outcome: TagOutcome): outcome is FailedTag => 'error' in outcome

/** Pulls each tag that comes; the one result is what became of all. */
export function allTags({ name, failFast, start, warnings = [] }: AllTagsOptions): Stage<string, PulledTags> {
  return compose(
    eachPull<string, TagOutcome>({
      start,
      pulled: ({ name, digest, mediaType, platform, imageId, size, status }, tag) => {
        return { tag, name, digest, mediaType, platform, imageId, size, status }
      },
      failed: (error, tag) => {
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

/** `tags` as a flow. One that has none fails as Docker says it. */
export const someTags = (tags: AsyncIterable<string>, name: string): Flow<string> =>
  Flow.from(atLeastOne(tags, name))

async function* atLeastOne(tags: AsyncIterable<string>, name: string): AsyncGenerator<string> {
  let any = false
  for await (const tag of tags) {
    any = true
    yield tag
  }
  if (!any) throw noTags(name)
}

export const noTags = (name: string): WindlassError =>
  new WindlassError('MANIFEST_UNKNOWN', `No tags available for remote repository ${name}`, {
    reference: name,
  })
