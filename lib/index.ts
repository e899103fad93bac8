/** Windlass: pulls container images from any OCI or Docker registry, with no daemon. */
export { type ErrorCode, type ErrorRecord, type ErrorSubject, WindlassError, errorCodes } from './errors.js'
export {
  type LayerEvent,
  type LayerStatus,
  PullEvent,
  type PullSnapshot,
  decodeEvent,
  emptySnapshot,
  encodeEvent,
  reduce,
  secondsLeft,
} from './events/index.js'
export {
  type Descriptor,
  type Digest,
  type ImageConfig,
  type ImageIndex,
  type ImageManifest,
  type ImageSink,
  type ImageSource,
  type OpenBlob,
  type Platform,
  type PutManifestRequest,
  type Reference,
  type SinkRequest,
  formatPlatform,
  hostPlatform,
  matchPlatform,
  parseDigest,
  parsePlatform,
  parseReference,
} from './image/index.js'
export { type LimitName, type Limits, defaultLimits } from './limits.js'
export { type ArchiveEntry, type EntryContext, type EntrySink, UnpackPool } from './archive/index.js'
export { type TeeOptions, tee } from './bytes/index.js'
export { Registries, type RegistriesOptions } from './registry/index.js'
export { type RegistrySource, layoutSource, registrySource } from './sources/index.js'
export { type RegistrySink, layoutSink, registrySink } from './sinks/index.js'
export { Store, type StoreOptions, openStore } from './store/index.js'
export * from '../pipelines/index.js'
export * from '../puller/index.js'
