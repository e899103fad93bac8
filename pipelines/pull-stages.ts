/** The stages of a pull, bound to a store and to what all pulls of a puller share. */
import type { Stage } from '../lib/flow/index.js'
import {
  type ArrivingLayer,
  type Brought,
  type Downloads,
  type EnsuredLayer,
  type ImageDocument,
  type ImageRequest,
  type LayerFlights,
  type LayerGoal,
  type LayerTask,
  type PlannedImage,
  type PulledImage,
  type Resolved,
  type RetryPolicy,
  type SharedLayerTask,
  type UnpackedLayer,
  type Unpacks,
  type WholeImage,
  bySchema,
  choosePlatform,
  commitBlob,
  commitImage,
  commitLayer,
  download,
  ensureLayer,
  fetchConfig,
  passOn,
  plan,
  refuseSchema1,
  resolve,
  unpack,
  verify,
} from '../lib/stages/index.js'
import type { Store, StoredLayer } from '../lib/store/index.js'

/** What all pulls of a puller share. */
export interface PullParts {
  readonly store: Store
  readonly retry: RetryPolicy
  readonly flights: LayerFlights
  readonly downloads: Downloads
  readonly unpacks: Unpacks
  /** Layers of one pull that are under way at once. */
  readonly layerSlots: number
}

/** The stages that `pull` joins: put another in the place of one, or compose one with yours. */
export interface PullStages {
  readonly resolve: Stage<ImageRequest, Resolved>
  readonly bySchema: Stage<Resolved, Resolved<ImageDocument>>
  readonly plan: Stage<Resolved<ImageDocument>, PlannedImage>
  readonly fetchConfig: Stage<PlannedImage, PlannedImage>
  readonly download: Stage<SharedLayerTask, ArrivingLayer>
  readonly verify: Stage<ArrivingLayer, ArrivingLayer>
  readonly unpack: Stage<ArrivingLayer, UnpackedLayer>
  readonly commitLayer: Stage<UnpackedLayer, StoredLayer>
  readonly commitBlob: Stage<ArrivingLayer, undefined>
  /** Finds a layer in the store or in another pull's flight, else sends it down the line given. */
  readonly ensureLayer: (line: Stage<SharedLayerTask, Brought>) => Stage<LayerTask, EnsuredLayer>
  /** Sees every layer of this pull once it is in the store, whoever brought it. Passes it on as it is. */
  readonly withLayer: Stage<EnsuredLayer, EnsuredLayer>
  readonly commitImage: Stage<WholeImage, PulledImage>
}

export function pullStages(parts: PullParts, goal: LayerGoal): PullStages {
  const { store, retry, flights, downloads, unpacks, layerSlots } = parts
  return {
    resolve: resolve({ retry }),
    bySchema: bySchema({ index: choosePlatform({ retry }), schema1: refuseSchema1 }),
    plan: plan({ store, goal }),
    fetchConfig: fetchConfig({ store, retry }),
    download: download({ store, downloads }),
    verify: verify(),
    unpack: unpack(unpacks, goal.form),
    commitLayer: commitLayer(store, goal),
    commitBlob: commitBlob(store),
    ensureLayer: (line) => ensureLayer({ store, goal, flights, slots: layerSlots }, line),
    withLayer: passOn(),
    commitImage: commitImage(store),
  }
}
