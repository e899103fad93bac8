/** The stages of a pull, one by one, and what travels between them. */
export type {
  Arriving,
  AwaitingConfig,
  ArrivingLayer,
  ConfigDocument,
  EnsuredLayer,
  FinishedImage,
  ImageDocument,
  ImageRequest,
  IndexDocument,
  LayerAction,
  LayerTask,
  PlannedImage,
  PlannedLayer,
  PulledImage,
  PullableDocument,
  PulledLayer,
  ReadSchema1Document,
  Resolved,
  Schema1Document,
  Schema1ImageDocument,
  SharedLayerTask,
  UnpackedLayer,
  WholeImage,
} from './elements.js'
export { type AssembleOptions, assemble } from './assemble.js'
export { type BySchemaCases, bySchema, deepestIndex } from './by-schema.js'
export type { ForeignUrlOrder } from './blob-route.js'
export { checkPlatform, platformMismatch } from './check-platform.js'
export { checkSpace } from './check-space.js'
export { choosePlatform } from './choose-platform.js'
export { type CommitImageOptions, commitImage } from './commit-image.js'
export { commitBlob } from './commit-blob.js'
export { commitLayer } from './commit-layer.js'
export { configBytes, largestConfig } from './config-bytes.js'
export { convertSchema1 } from './convert-schema1.js'
export { type DownloadLimits, type DownloadOptions, Downloads, download } from './download.js'
export { eachLayer } from './each-layer.js'
export { type EnsureLayerOptions, ensureLayer } from './ensure-layer.js'
export { Eventual } from './eventual.js'
export { Expectations } from './expectations.js'
export { type FetchConfigOptions, fetchConfig } from './fetch-config.js'
export { fillPlatforms, mostConfigsRead } from './fill-platforms.js'
export { gather } from './gather.js'
export { holdImage } from './hold-image.js'
export { type Brought, LayerFlights } from './layer-flights.js'
export { imageBytes } from './image-bytes.js'
export { type LayerGoal, goalKey } from './layer-goal.js'
export { documentUnclear } from './manifest-event.js'
export { manifestDocument } from './manifest-document.js'
export { type IndexedImage, type IndexedImages, imagesOfIndex, mostIndexedImages } from './images-of-index.js'
export { passOn } from './pass-on.js'
export { type PlanOptions, plan } from './plan.js'
export { readyThreads } from './ready-threads.js'
export { type ReadSchema1Options, readSchema1 } from './read-schema1.js'
export { reserve } from './reserve.js'
export { type ResolveOptions, resolve } from './resolve.js'
export { resolveEntry } from './resolve-entry.js'
export {
  type RetryPolicy,
  againAfter,
  defaultRetryPolicy,
  documentRetryPolicy,
  retryingTransfers,
} from './retry-policy.js'
export { listedManifest, servedAnnotation } from './listed-manifest.js'
export { type SeenLayerOptions, seenLayer } from './seen-layer.js'
export { schema1Annotation, signedAnnotation } from './stored-conversion.js'
export { type SizeSchema1Options, sizeSchema1 } from './size-schema1.js'
export { toPullEvent } from './to-pull-event.js'
export { type DownloadTask, type JudgeTransfer, transfer } from './transfer.js'
export { type UnpackOptions, type UnpackWork, type Unpacks, unpack, unpackSlots } from './unpack.js'
export { untilAborted } from './until-aborted.js'
export { verify } from './verify.js'
