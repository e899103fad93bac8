/**
 * Windlass: pulls container images from any OCI or Docker registry, with no daemon.
 *
 * @module windlass
 */
export {
  type ErrorCode,
  type ErrorDetails,
  type ErrorRecord,
  type ErrorSubject,
  type ExitCode,
  WindlassError,
  errorCodes,
} from './errors.js'
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
  type BlobBody,
  type BlobRequest,
  type Descriptor,
  type Digest,
  type DigestAlgorithm,
  type FetchedManifest,
  type HostRole,
  type ImageConfig,
  type ImageIndex,
  type ImageManifest,
  type ImageSink,
  type ImageSource,
  type ManifestRequest,
  type RateLimit,
  type OpenBlob,
  type Platform,
  type PutManifestRequest,
  type Reference,
  type ReferrersRequest,
  type RequestReport,
  type SignatureState,
  type SinkRequest,
  type TagsRequest,
  type UnusableEntry,
  digestOf,
  formatPlatform,
  hostPlatform,
  matchPlatform,
  parseDigest,
  parsePlatform,
  parseReference,
} from './image/index.js'
export { type LimitName, type Limits, defaultLimits } from './limits.js'
export {
  type ArchiveEntry,
  type EntryContext,
  type EntrySink,
  type LayerSource,
  type ReadJobOptions,
  type ReadResult,
  type ReadTask,
  UnpackPool,
  type UnpackJobOptions,
  type UnpackPoolOptions,
  type UnpackResult,
  type UnpackTask,
  type WhiteoutForm,
  type WhiteoutTreatment,
} from './archive/index.js'
export {
  readBlob,
  type ReadBlobOptions,
  type TeeOptions,
  type ZstdCompressorOptions,
  tee,
  zstdCompressor,
} from './bytes/index.js'
export { Registries, type RegistriesOptions, type RepositoryName, type Timeouts } from './registry/index.js'
export { type LayoutSource, type RegistrySource, layoutSource, registrySource } from './sources/index.js'
export { type LayoutSink, type RegistrySink, layoutSink, registrySink } from './sinks/index.js'
export {
  type AcceptedSignature,
  type CertificateIdentity,
  type CheckRequest,
  type ImagePolicy,
  type PolicyDecision,
  type PolicyFileSource,
  type PolicyRequirement,
  type PolicyRule,
  type PublicKey,
  type ReadPolicyFile,
  type RequiredSigner,
  type SignatureRequirement,
  type SignedIdentity,
  type SignedImage,
  type TrustRoot,
  checkPolicy,
  checkSignatures,
  parsePolicyFile,
  parsePublicKeys,
  parseTrustRoot,
  requireSigned,
} from './signatures/index.js'
export { type MountState, type RuntimeSpec, RuntimeSpecCodec } from './runtime/index.js'
export { type MountMethod, Store, type StoreOptions, openStore } from './store/index.js'
export * from '../pipelines/index.js'
export * from '../puller/index.js'
