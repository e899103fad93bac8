/** Determines what a pull would fetch and reuse. Requests only manifests and the config, and stores nothing. */
import { Flow, Scope, type Stage, compose, stage, untilAborted } from '../../lib/flow/index.js'
import { type Digest, formatPlatform } from '../../lib/image/index.js'
import { toPullEvent } from '../../lib/events/index.js'
import { LocalSource } from '../../lib/sources/index.js'
import {
  type ImageRequest,
  type LayerAction,
  type LayerGoal,
  type PlannedImage,
  type RetryPolicy,
  bySchema,
  checkPlatform,
  choosePlatform,
  fetchConfig,
  readMissingPlatforms,
  plan,
  readSchema1,
  resolve,
  sizeSchema1,
} from '../../lib/stages/index.js'
import type { StoreContents } from '../../lib/store/index.js'
import { runForResult } from '../run-for-result.js'

/** A layer of a plan. */
export interface LayerPlan {
  readonly digest: Digest
  readonly mediaType: string
  /** Compressed size in bytes. */
  readonly size: number
  readonly action: LayerAction
  /** Number of compressed bytes that the store already has. */
  readonly offset: number
  /** URLs from which the layer is fetched if the source does not have it (foreign layers). */
  readonly urls?: readonly string[]
}

/**
 * What a pull would do. It is plain data: it can be kept as JSON and given to `pull` as the option `plan`.
 */
export interface PullPlan {
  /** Normalised name. */
  readonly name: string
  /** Digest of the manifest or index that the name refers to. */
  readonly digest: Digest
  readonly mediaType: string
  /** Digest of the image manifest for the platform. */
  readonly manifestDigest: Digest
  /** Platform that the config of the image states. */
  readonly platform: string
  /** The requested platform. */
  readonly requestedPlatform: string
  /** Registry or layout that the image comes from. */
  readonly from: string
  /** `up-to-date` if the store has this image under this name, otherwise `newer`. */
  readonly status: 'newer' | 'up-to-date'
  /** The config; undefined for a schema 1 image, whose config is made from its layers. */
  readonly config:
    { readonly digest: Digest; readonly size: number; readonly action: LayerAction } | undefined
  /** Base first. A layer that occurs more than once is listed at its first position. */
  readonly layers: readonly LayerPlan[]
  readonly bytes: {
    /** Compressed bytes of all layers. */
    readonly total: number
    /** Compressed bytes of layers to download. */
    readonly toDownload: number
    /** Compressed bytes of the layers that the store already has and that are not downloaded again. */
    readonly reused: number
  }
  /** Number of requests for documents and layers, without requests for tokens, redirects and retries. */
  readonly requests: number
  /** Bytes that the download needs on the disk of the store. The unpacked trees need more; their size is unknown. */
  readonly disk: number
  /** Irregularities of the image. */
  readonly warnings: readonly { readonly code: string; readonly message: string }[]
}

/** Options of `planPull`. */
export interface PlanPullOptions {
  /** The store to pull into; `emptyStoreContents` if there is none yet. */
  readonly store: StoreContents
  readonly goal: LayerGoal
  readonly retry: RetryPolicy
  /** Refuse schema 1 manifests whose signatures cannot be verified (false). */
  readonly requireSignatures?: boolean
  readonly signal?: AbortSignal | undefined
}

/**
 * Returns what a pull of `request` would do.
 * @throws CANCELLED when `signal` aborts; any error of resolving the name, fetching the config or reading the store
 */
export async function planPull(request: ImageRequest, options: PlanPullOptions): Promise<PullPlan> {
  const scope = new Scope()
  const warnings: { code: string; message: string }[] = []
  scope.events.subscribe((event) => {
    const pullEvent = toPullEvent(event)
    if (pullEvent?.type === 'warning') warnings.push({ code: pullEvent.code, message: pullEvent.message })
  })
  try {
    const planned = await runForResult(
      Flow.of(request).pipe(planStages(options, request.limits?.indexDepth)),
      scope,
      options.signal,
    )
    return { ...planned, warnings }
  } finally {
    await scope.close()
  }
}

function planStages(
  { store, goal, retry, requireSignatures = false }: PlanPullOptions,
  indexDepth: number | undefined,
): Stage<ImageRequest, Omit<PullPlan, 'warnings'>> {
  return compose(
    resolve({ retry }),
    bySchema(
      {
        index: compose(readMissingPlatforms({ retry }), choosePlatform({ retry })),
        schema1: compose(readSchema1({ requireSignatures }), sizeSchema1({ store, retry })),
      },
      indexDepth,
    ),
    plan({ store, goal }),
    fetchConfig<PlannedImage>({ store, retry }),
    checkPlatform<PlannedImage>(),
    stage(async (image: PlannedImage, { signal }) => toPlan(image, store, await platformOf(image, signal)), {
      name: 'summarise-plan',
    }),
  )
}

/** Returns the platform that the config states; for a schema 1 image, the requested one. */
async function platformOf({ document, config, request }: PlannedImage, signal: AbortSignal): Promise<string> {
  if (document.kind === 'schema1') return formatPlatform(request.platform)
  const { config: stated } = await untilAborted(config.value, signal)
  return formatPlatform(stated)
}

async function toPlan(
  image: PlannedImage,
  store: StoreContents,
  platform: string,
): Promise<Omit<PullPlan, 'warnings'>> {
  const { request, document, parentIndexes, layers, upToDate } = image
  const root = parentIndexes[0] ?? document
  const total = sum(layers.map(({ descriptor }) => descriptor.size))
  const reused = sum(layers.map(({ offset }) => offset))
  const config = document.kind === 'image' ? await configPlan(document.manifest.config, store) : undefined
  const toFetch = layers.filter(({ descriptor, offset }) => offset < descriptor.size)
  const sizeRequests =
    document.kind === 'schema1' && !document.previousConversion
      ? layers.filter(({ offset }) => offset === 0)
      : []
  return {
    name: request.name,
    digest: root.descriptor.digest,
    mediaType: root.descriptor.mediaType,
    manifestDigest: document.descriptor.digest,
    platform,
    requestedPlatform: formatPlatform(request.platform),
    from: request.source.host,
    status: upToDate ? 'up-to-date' : 'newer',
    config,
    layers: layers.map(({ descriptor: { digest, mediaType, size, urls }, action, offset }) => ({
      ...{ digest, mediaType, size, action, offset },
      ...(urls && urls.length > 0 && { urls }),
    })),
    bytes: { total, toDownload: total - reused, reused },
    requests:
      request.source instanceof LocalSource
        ? 0
        : 1 +
          parentIndexes.length +
          (config?.action === 'download' ? 1 : 0) +
          toFetch.length +
          sizeRequests.length,
    disk: total - reused + (config?.action === 'download' ? config.size : 0),
  }
}

const configPlan = async (
  { digest, size }: { readonly digest: Digest; readonly size: number },
  store: StoreContents,
): Promise<NonNullable<PullPlan['config']>> => ({
  ...{ digest, size },
  action: (await store.blobs.has(digest, size)) ? 'exists' : 'download',
})

const sum = (numbers: readonly number[]): number => numbers.reduce((total, each) => total + each, 0)
