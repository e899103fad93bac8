/** Starts the pulls of several images: all tags of a repository, or all platforms of an index. */
import { Flow } from '../lib/flow/index.js'
import { formatPlatform } from '../lib/image/index.js'
import type { Limits } from '../lib/limits.js'
import type { Registries } from '../lib/registry/index.js'
import type { ImageRequest, IndexedImage, PulledImage } from '../lib/stages/index.js'
import { type RetryPolicy, againAfter } from '../lib/transfer/index.js'
import { allPlatforms, entryStages, type PulledIndex } from '../pipelines/all-platforms.js'
import { allTags, type PulledTags, nonEmptyTags, type TagsWarning } from '../pipelines/all-tags.js'
import type { PullParts } from '../pipelines/pull-stages.js'
import { locate } from './names/request.js'
import { listTags, repositoryNamed } from './names/tags.js'
import type { OpenedParts } from './opened-parts.js'
import { checkArgument, checkOptions } from './options/check-options.js'
import { anyText } from './options/option-codecs.js'
import { pullAllTable, pullPlatformsTable } from './options/option-table.js'
import type { PullAllOptions } from './options/options.js'
import { pullFlow } from './pull-flow.js'
import type { Pull } from './pull-run.js'
import { PullSetRun } from './pull-set.js'

/** What the sets of pulls share with the other pulls of a puller. */
export interface PullSetsParts {
  readonly registries: Registries
  readonly limits: Limits
  readonly retry: RetryPolicy
  readonly parts: OpenedParts
  /** Starts one pull. */
  readonly begin: (
    request: ImageRequest,
    prepare: (parts: PullParts, request: ImageRequest) => Promise<Flow<PulledImage>>,
  ) => Pull
}

/** Starts the sets of pulls of one puller. */
export class PullSets {
  constructor(private readonly shared: PullSetsParts) {}

  /** @throws USAGE, REFERENCE_INVALID, PLATFORM_INVALID, before any network traffic */
  allTags(repository: string, options: PullAllOptions): PullSetRun<PulledTags> {
    const { registries, limits, retry, begin } = this.shared
    checkArgument('pullAllTags', 'repository', anyText, repository)
    checkOptions('pullAllTags', pullAllTable, options)
    const { name } = repositoryNamed(repository, 'pull all tags')
    const named = (tag: string): ImageRequest =>
      locate(`${repository}${tag}`, options.platform, registries, limits)
    named('') // an invalid name is an error before any network traffic
    return new PullSetRun({
      signal: options.signal,
      prepare: (announce, signal) => {
        const start = (tag: string) => {
          const request = named(`:${tag}`)
          return announce({
            name: request.name,
            pull: begin(request, (parts, started) => pullFlow(started, options, parts)),
          })
        }
        const warnings: TagsWarning[] = []
        const onWarning = (code: string, message: string) => void warnings.push({ code, message })
        const listed = listTags(repository, registries, { signal, onWarning, again: againAfter(retry) })
        const all = allTags({ name, failFast: options.failFast ?? false, start, warnings })
        return Promise.resolve(nonEmptyTags(listed, name).pipe(all))
      },
    })
  }

  /** @throws USAGE, REFERENCE_INVALID, before any network traffic */
  allPlatforms(name: string, options: Omit<PullAllOptions, 'platform'>): PullSetRun<PulledIndex> {
    const { registries, limits, retry, parts, begin } = this.shared
    checkOptions('pullAllPlatforms', pullPlatformsTable, options)
    const asked = locate(name, undefined, registries, limits)
    return new PullSetRun({
      signal: options.signal,
      prepare: async (announce) => {
        const { store } = await parts.open()
        const start = (image: IndexedImage, request: ImageRequest) => {
          const { platform = request.platform } = image.descriptor
          const each = { ...request, platform }
          const pull = begin(each, (opened, started) =>
            pullFlow(started, options, opened, (bound) => entryStages(bound, opened, image)),
          )
          return announce({ name: `${request.name} (${formatPlatform(platform)})`, pull })
        }
        return Flow.of(asked).pipe(allPlatforms({ store, retry, start }))
      },
    })
  }
}
