/** Creates the stages of a pull from the resources that all pulls of a puller share. */
import { type SlotCount, type Stage, compose, identity } from '../lib/flow/index.js'
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
  LayerEntries,
  type LayerEntrySink,
  type FinishedImage,
  type ImageRequest,
  type PlannedImage,
  type PullableDocument,
  type PulledImage,
  type Resolved,
  type UnpackedLayer,
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
  enforcePolicy,
  ensureLayer,
  fetchConfig,
  readMissingPlatforms,
  holdImage,
  imageBytes,
  plan,
  readyThreads,
  readSchema1,
  resolve,
  sizeSchema1,
  storedEntries,
  unpack,
  verify,
} from '../lib/stages/index.js'
import type { ImagePolicy } from '../lib/signatures/index.js'
import type { Store, StoredLayer } from '../lib/store/index.js'

/** Resources that all pulls of a puller share. */
export interface PullParts {
  readonly store: Store
  /** The threads that unpack. Limits how many layers are unpacked concurrently. */
  readonly pool: UnpackPool
  readonly retry: RetryPolicy
  readonly limits: Limits
  /** The downloads in progress. Pulls that need the same layer share one, as with singleflight in Go. */
  readonly flights: LayerFlights
  /** Limits how many layers are downloaded concurrently. */
  readonly downloads: Downloads
  /** Maximum number of layers of one pull that are processed concurrently. */
  readonly layerSlots: number | SlotCount
  /** Which images are accepted. Default: all. */
  readonly policy?: ImagePolicy | undefined
  /** Refuse schema 1 manifests whose signatures cannot be verified. */
  readonly requireSignatures: boolean
}

/** The stages that `pull` composes. Each can be replaced, or composed with another stage. */
export interface PullStages {
  readonly resolve: Stage<ImageRequest, Resolved>
  readonly bySchema: Stage<Resolved, Resolved<PullableDocument>>
  /** Refuses images that the policy does not accept. Nothing but manifests and signatures was requested before. */
  readonly policy: Stage<Resolved<PullableDocument>, Resolved<PullableDocument>>
  readonly plan: Stage<Resolved<PullableDocument>, PlannedImage>
  readonly fetchConfig: Stage<PlannedImage, PlannedImage>
  /**
   * A policy. Receives the image when its config is known (`await image.config.value`) and before any layer is
   * requested. If it throws, the pull fails. The default does nothing; layers are then requested without waiting for
   * the config. A schema 1 image has no config here; its manifest is in `image.document`.
   */
  readonly onImage: Stage<PlannedImage, PlannedImage>
  readonly download: Stage<SharedLayerTask, ArrivingLayer>
  readonly verify: Stage<ArrivingLayer, ArrivingLayer>
  readonly unpack: Stage<ArrivingLayer, UnpackedLayer>
  readonly commitLayer: Stage<UnpackedLayer, StoredLayer>
  readonly commitBlob: Stage<ArrivingLayer, undefined>
  /**
   * Returns the stage that takes a layer from the store, or waits for another pull that fetches it, or fetches it with
   * the stage `fetchLayer`.
   */
  readonly ensureLayer: (fetchLayer: Stage<SharedLayerTask, FetchedLayer>) => Stage<LayerTask, EnsuredLayer>
  /**
   * Receives every layer of this pull once it is in the store, and passes it on unchanged. The default does nothing.
   */
  readonly onLayer: Stage<EnsuredLayer, EnsuredLayer>
  /** Converts a schema 1 image to an OCI manifest and config; passes all other images on unchanged. */
  readonly convertSchema1: Stage<WholeImage, FinishedImage>
  readonly commitImage: Stage<FinishedImage, PulledImage>
}

/** The default of `onImage`. If it is not replaced, `pull` does not wait for the config. */
export const noPolicy: Stage<PlannedImage, PlannedImage> = identity()

/** Options of `pullStages`. */
export interface PullStagesOptions {
  /**
   * Receives every entry of every layer while the layer is unpacked or read from the store. Such stages should have
   * their own `flights`: a shared download passes its entries only to the pull that started it, and the others read the
   * layer again.
   */
  readonly onEntry?: LayerEntrySink | undefined
}

/** Returns the stages of a pull. @param goal in which form the layers are stored: as blobs, as trees or both */
export function pullStages(
  parts: PullParts,
  goal: LayerGoal,
  { onEntry }: PullStagesOptions = {},
): PullStages {
  const { store, pool, retry, limits, flights, downloads, layerSlots, requireSignatures } = parts
  const entries = onEntry && new LayerEntries(onEntry)
  const known = goal.refresh ? undefined : store
  return {
    resolve: resolve({ retry, store: known }),
    bySchema: bySchema(
      {
        index: compose(readMissingPlatforms({ retry }), choosePlatform({ retry, store: known })),
        schema1: compose(readSchema1({ requireSignatures }), sizeSchema1({ store, retry })),
      },
      limits.indexDepth,
    ),
    policy: parts.policy ? enforcePolicy<Resolved<PullableDocument>>(parts.policy, { retry }) : identity(),
    plan: compose(holdImage(store), plan({ store, goal }), checkSpace(store), readyThreads(pool, goal)),
    fetchConfig: compose(fetchConfig<PlannedImage>({ store, retry }), checkPlatform<PlannedImage>()),
    onImage: noPolicy,
    download: download({ store, downloads, refresh: goal.refresh ?? false }),
    verify: verify(),
    unpack: unpack({ store, pool, form: goal.form, entries }),
    commitLayer: commitLayer(store, goal),
    commitBlob: commitBlob(store),
    ensureLayer: (fetchLayer) =>
      compose(
        ensureLayer({ store, goal, flights, slots: layerSlots }, fetchLayer),
        imageBytes(limits),
        entries ? storedEntries({ store, pool, entries, slots: currentSlots(layerSlots) }) : identity(),
      ),
    onLayer: identity(),
    convertSchema1: convertSchema1(store),
    commitImage: commitImage(store),
  }
}

const currentSlots = (slots: number | SlotCount): number => (typeof slots === 'number' ? slots : slots.value)
