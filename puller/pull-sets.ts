/** Starts sets of pulls: all tags of a repository, or all platforms of an index. */
import { Flow } from '../lib/flow/index.js'
import { formatPlatform } from '../lib/image/index.js'
import type { Limits } from '../lib/limits.js'
import type { ImageRegistries } from '../lib/registry/index.js'
import type { ImageRequest, IndexedImage, PulledImage } from '../lib/stages/index.js'
import { type RetryPolicy, retryDelayOf } from '../lib/transfer/index.js'
import { allPlatforms, entryStages, type PulledIndex } from '../pipelines/all-platforms.js'
import { allTags, type PulledTags, nonEmptyTags, type TagsWarning } from '../pipelines/all-tags.js'
import type { PullParts } from '../pipelines/pull-stages.js'
import { locate } from './names/request.js'
import { listTags, repositoryNamed } from './names/tags.js'
import type { LazyParts } from './lazy-parts.js'
import { checkArgument, checkOptions } from './options/check-options.js'
import { registriesOfPull } from './options/credentials.js'
import { anyText } from './options/option-codecs.js'
import { pullAllTable, pullPlatformsTable } from './options/option-table.js'
import type { PullAllOptions } from './options/options.js'
import { pullFlow } from './pull-flow.js'
import type { Pull } from './pull-run.js'
import { PullSetRun } from './pull-set.js'

/** The parts of a puller that sets of pulls use. */
export interface PullSetsParts {
  readonly registries: ImageRegistries
  readonly limits: Limits
  readonly retry: RetryPolicy
  readonly parts: LazyParts
  /** Starts one pull. */
  readonly startPull: (
    request: ImageRequest,
    prepare: (parts: PullParts, request: ImageRequest) => Promise<Flow<PulledImage>>,
  ) => Pull
}

/** Starts the sets of pulls of one puller. */
export class PullSets {
  constructor(private readonly shared: PullSetsParts) {}

  /** See `Windlass.pullAllTags`. */
  allTags(repository: string, options: PullAllOptions): PullSetRun<PulledTags> {
    const { limits, retry, startPull } = this.shared
    checkArgument('pullAllTags', 'repository', anyText, repository)
    checkOptions('pullAllTags', pullAllTable, options)
    const registries = registriesOfPull(this.shared.registries, options.credentials)
    const { name } = repositoryNamed(repository, 'pull all tags')
    const requestFor = (suffix: string): ImageRequest =>
      locate(`${repository}${suffix}`, options.platform, registries, limits)
    requestFor('') // throws for an invalid name or platform before any network traffic
    return new PullSetRun({
      signal: options.signal,
      prepare: (announce, signal) => {
        const start = (tag: string) => {
          const request = requestFor(`:${tag}`)
          return announce({
            name: request.name,
            pull: startPull(request, (parts, started) => pullFlow(started, options, parts)),
          })
        }
        const warnings: TagsWarning[] = []
        const onWarning = (code: string, message: string) => void warnings.push({ code, message })
        const listed = listTags(repository, registries, { signal, onWarning, again: retryDelayOf(retry) })
        const all = allTags({ name, failFast: options.failFast ?? false, start, warnings })
        return Promise.resolve(nonEmptyTags(listed, name).pipe(all))
      },
    })
  }

  /** See `Windlass.pullAllPlatforms`. */
  allPlatforms(name: string, options: Omit<PullAllOptions, 'platform'>): PullSetRun<PulledIndex> {
    const { limits, retry, parts, startPull } = this.shared
    checkOptions('pullAllPlatforms', pullPlatformsTable, options)
    const registries = registriesOfPull(this.shared.registries, options.credentials)
    const request = locate(name, undefined, registries, limits)
    return new PullSetRun({
      signal: options.signal,
      prepare: async (announce) => {
        const { store } = await parts.open()
        const start = (image: IndexedImage, { platform: requested, ...rest }: ImageRequest) => {
          const { platform = requested } = image.descriptor
          const pull = startPull({ ...rest, platform }, (opened, started) =>
            pullFlow(started, options, opened, (stages) => entryStages(stages, opened, image)),
          )
          return announce({ name: `${rest.name} (${formatPlatform(platform)})`, pull })
        }
        return Flow.of(request).pipe(allPlatforms({ store, retry, start }))
      },
    })
  }
}
