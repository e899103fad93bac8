/** Downloads the blob of a layer into a file: where from, attempts and retries, and downloads that pulls share. */
export { AutoSlots, type AutoSlotsOptions, type DownloadSample } from './auto-slots.js'
export { type ForeignUrlOrder } from './places/places-of.js'
export { type ArrivingLayer, type EnsuredLayer, type LayerTask, type SharedLayerTask } from './elements.js'
export { BlobReader, type BlobReaderOptions } from './reading/blob-reader.js'
export {
  retryDelayOf,
  defaultRetryPolicy,
  documentRetryPolicy,
  retryingTransfers,
  type RetryPolicy,
} from './retry-policy.js'
export type { BlobTask, CopiedBlob, CopiedBlobs, CopiedImage, CopyPlan, CopyTarget } from './copy/elements.js'
export { Expectations } from './sharing/expectations.js'
export { LayerFlights, type FetchedLayer } from './sharing/layer-flights.js'
export { type LayerGoal } from './sharing/layer-goal.js'
