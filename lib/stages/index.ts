/** The stages of a pull, one by one, and what travels between them. */
export type {
  Arriving,
  ArrivingLayer,
  ConfigDocument,
  EnsuredLayer,
  ImageDocument,
  ImageRequest,
  IndexDocument,
  LayerAction,
  LayerTask,
  PlannedImage,
  PlannedLayer,
  PulledImage,
  PulledLayer,
  Resolved,
  Schema1Document,
  SharedLayerTask,
  UnpackedLayer,
  WholeImage,
} from './elements.js'
export { type AssembleOptions, assemble } from './assemble.js'
export { type BySchemaCases, bySchema, deepestIndex } from './by-schema.js'
export { choosePlatform } from './choose-platform.js'
export { commitImage } from './commit-image.js'
export { commitBlob } from './commit-blob.js'
export { commitLayer } from './commit-layer.js'
export { type DownloadOptions, type Downloads, download, downloadSlots } from './download.js'
export { eachLayer } from './each-layer.js'
export { type EnsureLayerOptions, ensureLayer } from './ensure-layer.js'
export { Eventual } from './eventual.js'
export { Expectations } from './expectations.js'
export { type AwaitingConfig, type FetchConfigOptions, fetchConfig, largestConfig } from './fetch-config.js'
export { gather } from './gather.js'
export { type Brought, LayerFlights } from './layer-flights.js'
export { type LayerGoal, goalKey } from './layer-goal.js'
export { passOn } from './pass-on.js'
export { type PlanOptions, plan } from './plan.js'
export { refuseSchema1 } from './refuse-schema1.js'
export { reserve } from './reserve.js'
export { type ResolveOptions, resolve } from './resolve.js'
export { type RetryPolicy, defaultRetryPolicy, retryingTransfers } from './retry-policy.js'
export { toPullEvent } from './to-pull-event.js'
export { type DownloadTask, transfer } from './transfer.js'
export { type UnpackOptions, type UnpackWork, type Unpacks, unpack, unpackSlots } from './unpack.js'
export { untilAborted } from './until-aborted.js'
export { verify } from './verify.js'
