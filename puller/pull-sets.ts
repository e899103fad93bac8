/** Starts sets of pulls: all tags of a repository, or all platforms of an index. */
import { Flow } from '../lib/flow/index.js'
import { formatPlatform } from '../lib/image/index.js'
import type { Limits } from '../lib/limits.js'
import type { ImageRegistries } from '../lib/registry/index.js'
import type { ImageRequest, IndexedImage } from '../lib/stages/index.js'
import { type RetryPolicy, retryDelayOf } from '../lib/transfer/index.js'
import { allPlatforms, entryStages, type PulledIndex } from '../pipelines/all-platforms.js'
import { allTags, type PulledTags, nonEmptyTags, type TagsWarning } from '../pipelines/all-tags.js'
import type { StartPull } from './control/pull-starter.js'
import { chooseImage } from './names/choose-image.js'
import type { ImageNames } from './names/image-names.js'
import { closeSources, locatedAs } from './names/located.js'
import { locate } from './names/request.js'
import { listFirst, tagsIn } from './names/tags.js'
import type { LazyParts } from './lazy-parts.js'
import { checkArgument, checkOptions } from './options/check-options.js'
import { registriesOfPull } from './options/credentials.js'
import { anyText } from './options/option-codecs.js'
import { pullAllTable, pullPlatformsTable } from './options/option-table.js'
import type { PullAllOptions } from './options/options.js'
import { pullFlow } from './pull-flow.js'
import { PullSetRun } from './pull-set.js'

/** The parts of a puller that sets of pulls use. */
export interface PullSetsParts {
  readonly names: ImageNames
  readonly registries: ImageRegistries
  readonly limits: Limits
  readonly retry: RetryPolicy
  readonly parts: LazyParts
  /** Starts one pull. */
  readonly startPull: StartPull
}

/** Starts the sets of pulls of one puller. */
export class PullSets {
  constructor(private readonly shared: PullSetsParts) {}

  /** See `Windlass.pullAllTags`. */
  allTags(repository: string, options: PullAllOptions): PullSetRun<PulledTags> {
    const { names, limits, retry, startPull } = this.shared
    checkArgument('pullAllTags', 'repository', anyText, repository)
    checkOptions('pullAllTags', pullAllTable, options)
    const registries = registriesOfPull(this.shared.registries, options.credentials)
    const candidates = names.repositories(repository, 'pull all tags')
    names.locate(repository, options) // throws for an invalid name or platform before any network traffic
    return new PullSetRun({
      signal: options.signal,
      prepare: async (announce, signal) => {
        const warnings: TagsWarning[] = []
        const onWarning = (code: string, message: string) => void warnings.push({ code, message })
        const listing = { signal, onWarning, again: retryDelayOf(retry) }
        const { reference, pages } = await listFirst(repository, candidates, registries, listing)
        const { name } = reference
        const start = (tag: string) => {
          const located = locate(reference.withTag(tag).toString(), options.platform, registries, limits)
          const request = { ...located, typed: `${repository}:${tag}` }
          return announce({
            name: request.name,
            pull: startPull(locatedAs(request), (parts, started) => pullFlow(started, options, parts)),
          })
        }
        const all = allTags({ name, failFast: options.failFast ?? false, start, warnings })
        return nonEmptyTags(tagsIn(pages), name).pipe(all)
      },
    })
  }

  /** See `Windlass.pullAllPlatforms`. */
  allPlatforms(name: string, options: Omit<PullAllOptions, 'platform'>): PullSetRun<PulledIndex> {
    const { names, retry, parts, startPull } = this.shared
    checkOptions('pullAllPlatforms', pullPlatformsTable, options)
    const located = names.locate(name, options)
    return new PullSetRun({
      signal: options.signal,
      release: () => closeSources(located),
      prepare: async (announce, signal) => {
        const request = await chooseImage(located, { retry, signal })
        const { store } = await parts.open()
        const start = (image: IndexedImage, { platform: requested, ...rest }: ImageRequest) => {
          const { platform = requested } = image.descriptor
          const pull = startPull(
            locatedAs({ ...rest, platform }),
            (opened, started) =>
              pullFlow(started, options, opened, (stages) => entryStages(stages, opened, image)),
            { keepsSources: true },
          )
          return announce({ name: `${rest.name} (${formatPlatform(platform)})`, pull })
        }
        return Flow.of(request).pipe(allPlatforms({ store, retry, start }))
      },
    })
  }
}
