/**
 * The stages of a pull and of a copy, and the values that pass between them.
 *
 * @module windlass/stages
 */
export type {
  AwaitingConfig,
  ConfigDocument,
  FinishedImage,
  ImageDocument,
  ImageRequest,
  IndexDocument,
  PlannedImage,
  PulledImage,
  PullableDocument,
  PulledLayer,
  ReadSchema1Document,
  Resolved,
  Schema1Document,
  Schema1ImageDocument,
  UnpackedLayer,
  WholeImage,
} from './elements.js'
export type {
  Arriving,
  ArrivingLayer,
  EnsuredLayer,
  FoundLayer,
  LayerAction,
  LayerTask,
  PlannedLayer,
  SharedLayerTask,
} from '../transfer/elements.js'
export { type AssembleOptions, assemble } from './commit/assemble.js'
export { type BySchemaCases, bySchema } from './resolve/by-schema.js'
export {
  type FollowOptions,
  type FollowableLayer,
  type GrowingFile,
  type GrowingPhase,
  type GrowingState,
  followLayer,
} from '../bytes/index.js'
export type { ForeignUrlOrder } from '../transfer/places/places-of.js'
export type {
  BlobOutcome,
  BlobTask,
  CopiedBlob,
  CopiedBlobs,
  CopiedImage,
  CopyPlan,
  CopyTarget,
  ManifestNode,
  ReferrerNode,
} from '../transfer/copy/elements.js'
export { BlobCopies, type BlobCopyLimits, copyBlobs } from './copy/copy-blobs.js'
export { eachBlob } from './copy/each-blob.js'
export { type PutManifestsOptions, putManifests } from './copy/put-manifests.js'
export { type PutReferrersOptions, putReferrers } from './copy/put-referrers.js'
export { putRoot } from './copy/put-root.js'
export { type ReadManifestsOptions, readManifests } from './copy/read-manifests.js'
export { awaitConfig } from './plan/await-config.js'
export { checkPlatform } from './policy/check-platform.js'
export { checkSpace } from './policy/check-space.js'
export { choosePlatform } from './resolve/choose-platform.js'
export { type CommitImageOptions, commitImage } from './commit/commit-image.js'
export { commitBlob } from './commit/commit-blob.js'
export { commitLayer } from './commit/commit-layer.js'
export { convertSchema1 } from './schema1/convert-schema1.js'
export { type DownloadLimits, type DownloadOptions, Downloads, download } from './layers/download.js'
export {
  type EntryLayer,
  LayerEntries,
  type LayerEntryContext,
  type LayerEntrySink,
} from '../transfer/layer-entries.js'
export { type StoredEntriesOptions, storedEntries } from './layers/stored-entries.js'
export { eachLayer } from './layers/each-layer.js'
export { type EnsureLayerOptions, ensureLayer } from './layers/ensure-layer.js'
export { type FetchConfigOptions, fetchConfig } from './plan/fetch-config.js'
export { readMissingPlatforms } from './resolve/read-missing-platforms.js'
export { holdImage } from './plan/hold-image.js'
export { type FetchedLayer, LayerFlights } from '../transfer/sharing/layer-flights.js'
export { imageRequest } from './image-request.js'
export { enforcePolicy } from './policy/enforce-policy.js'
export { signedImage } from './signed-image.js'
export { imageBytes } from './policy/image-bytes.js'
export { type LayerGoal } from '../transfer/sharing/layer-goal.js'
export { type IndexedImage, type IndexedImages, imagesOfIndex } from './resolve/images-of-index.js'
export { type PlanOptions, plan } from './plan/plan.js'
export { readyThreads } from './layers/ready-threads.js'
export { type ReadSchema1Options, readSchema1 } from './schema1/read-schema1.js'
export { type ReserveOptions, reserve } from './layers/reserve.js'
export { type ResolveOptions, resolve } from './resolve/resolve.js'
export { resolveEntry } from './resolve/resolve-entry.js'
export {
  type RetryPolicy,
  retryDelayOf,
  defaultRetryPolicy,
  documentRetryPolicy,
  retryingTransfers,
} from '../transfer/retry-policy.js'
export { type SizeSchema1Options, sizeSchema1 } from './schema1/size-schema1.js'
export { toPullEvent } from '../events/to-pull-event.js'
export { DownloadHistory } from '../transfer/download-history.js'
export { type DownloadTask, type DecideTransfer, transfer } from '../transfer/transfer.js'
export { type UnpackOptions, unpack } from './layers/unpack.js'
export { verify } from './layers/verify.js'
export { type PullTurn, pullStage } from './pull-stage.js'
