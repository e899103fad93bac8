/** The stages of a pull, bound to a store and to what all pulls of a puller share. */
import { type Stage, compose } from '../lib/flow/index.js'
import type { UnpackPool } from '../lib/archive/index.js'
import type { Limits } from '../lib/limits.js'
import {
  type ArrivingLayer,
  type FetchedLayer,
  type EnsuredLayer,
  type LayerFlights,
  type LayerGoal,
  type LayerTask,
  type RetryPolicy,
  type SharedLayerTask,
} from '../lib/transfer/index.js'
import {
  type Downloads,
  type FinishedImage,
  type ImageRequest,
  type PlannedImage,
  type PullableDocument,
  type PulledImage,
  type Resolved,
  type UnpackedLayer,
  type Unpacks,
  type WholeImage,
  bySchema,
  checkPlatform,
  checkSpace,
  choosePlatform,
  commitBlob,
  commitImage,
  commitLayer,
  convertSchema1,
  download,
  ensureLayer,
  fetchConfig,
  fillPlatforms,
  holdImage,
  imageBytes,
  plan,
  readyThreads,
  readSchema1,
  resolve,
  sizeSchema1,
  unpack,
  verify,
} from '../lib/stages/index.js'
import { identity } from '../lib/flow/index.js'
import type { Store, StoredLayer } from '../lib/store/index.js'

/** What all pulls of a puller share. */
export interface PullParts {
  readonly store: Store
  /** The threads that unpack. */
  readonly pool: UnpackPool
  readonly retry: RetryPolicy
  readonly limits: Limits
  readonly flights: LayerFlights
  readonly downloads: Downloads
  readonly unpacks: Unpacks
  /** Layers of one pull that are under way at once. */
  readonly layerSlots: number
  /** Refuse schema 1 manifests whose signatures cannot be verified. */
  readonly requireSignatures: boolean
}

/** The stages that `pull` joins: put another in the place of one, or compose one with yours. */
export interface PullStages {
  readonly resolve: Stage<ImageRequest, Resolved>
  readonly bySchema: Stage<Resolved, Resolved<PullableDocument>>
  readonly plan: Stage<Resolved<PullableDocument>, PlannedImage>
  readonly fetchConfig: Stage<PlannedImage, PlannedImage>
  readonly download: Stage<SharedLayerTask, ArrivingLayer>
  readonly verify: Stage<ArrivingLayer, ArrivingLayer>
  readonly unpack: Stage<ArrivingLayer, UnpackedLayer>
  readonly commitLayer: Stage<UnpackedLayer, StoredLayer>
  readonly commitBlob: Stage<ArrivingLayer, undefined>
  /** Finds a layer in the store or in another pull's flight, else sends it down the line given. */
  readonly ensureLayer: (line: Stage<SharedLayerTask, FetchedLayer>) => Stage<LayerTask, EnsuredLayer>
  /** Sees every layer of this pull once it is in the store, whoever brought it. Passes it on as it is. */
  readonly onLayer: Stage<EnsuredLayer, EnsuredLayer>
  /** Gives a schema 1 image a manifest of today; all others pass. */
  readonly convertSchema1: Stage<WholeImage, FinishedImage>
  readonly commitImage: Stage<FinishedImage, PulledImage>
}

export function pullStages(parts: PullParts, goal: LayerGoal): PullStages {
  const { store, pool, retry, limits, flights, downloads, unpacks, layerSlots, requireSignatures } = parts
  return {
    resolve: resolve({ retry }),
    bySchema: bySchema(
      {
        index: compose(fillPlatforms({ retry }), choosePlatform({ retry })),
        schema1: compose(readSchema1({ requireSignatures }), sizeSchema1({ store, retry })),
      },
      limits.indexDepth,
    ),
    plan: compose(holdImage(store), plan({ store, goal }), checkSpace(store), readyThreads(pool, goal)),
    fetchConfig: compose(fetchConfig<PlannedImage>({ store, retry }), checkPlatform<PlannedImage>()),
    download: download({ store, downloads, refresh: goal.refresh ?? false }),
    verify: verify(),
    unpack: unpack(unpacks, goal.form),
    commitLayer: commitLayer(store, goal),
    commitBlob: commitBlob(store),
    ensureLayer: (line) =>
      compose(ensureLayer({ store, goal, flights, slots: layerSlots }, line), imageBytes(limits)),
    onLayer: identity(),
    convertSchema1: convertSchema1(store),
    commitImage: commitImage(store),
  }
}
