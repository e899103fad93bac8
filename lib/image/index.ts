/**
 * Values and codecs of images: references, digests, platforms, descriptors, manifests and configs. Performs no
 * I/O.
 */
export { checkIsImage, checkLayerTypes, artifactIndexError } from './documents/artifact.js'
export { chainIDs } from './digest/chain-id.js'
export { type Descriptor, DescriptorCodec, SizeCodec, readDescriptor } from './documents/descriptor.js'
export {
  type ExpectedManifest,
  type ImageDocument,
  type IndexDocument,
  type ManifestDocument,
  type ManifestInput,
  type Schema1Document,
  parseManifest,
} from './manifest/parse-manifest.js'
export {
  type Digest,
  type DigestAlgorithm,
  algorithmOf,
  digestOf,
  hexOf,
  isDigest,
  isUnsupportedDigest,
  parseDigest,
} from './digest/digest.js'
export { DigestCodec } from './digest/digest-codec.js'
export {
  type HistoryEntry,
  type ImageConfig,
  ImageConfigCodec,
  type RuntimeConfig,
  checkConfigAgainstLayers,
  platformOfConfig,
} from './documents/image-config.js'
export { type ImageIndex, ImageIndexCodec, parseImageIndex } from './documents/image-index.js'
export {
  type ImageManifest,
  ImageManifestCodec,
  blobsOf,
  parseImageManifest,
} from './documents/image-manifest.js'
export {
  type ImageName,
  type LocalImageKind,
  type LocalImageName,
  isLocalImageName,
  localPrefixes,
  parseImageName,
  targetOf,
} from './reference/image-name.js'
export type { UnusableEntry } from './documents/index-entries.js'
export {
  type DigestLink,
  type GraphLink,
  type LinkRole,
  configLinks,
  documentLinks,
  entryLink,
  isManifestLink,
} from './graph/document-links.js'
export type { GraphLimits } from './graph/graph-limits.js'
export type { GraphNode } from './graph/graph-node.js'
export { type GraphDocument, type GraphWalk, walkGraph } from './graph/walk-graph.js'
export type { DecidedBy, ManifestKind } from './documents/manifest-type.js'
export { matchPlatform } from './documents/match-platform.js'
export {
  type Compression,
  compressionOf,
  isConfigType,
  isForeignLayerType,
  isGenericType,
  isImageManifestType,
  isIndexType,
  isLayerType,
  isSchema1Type,
  manifestAccept,
  mediaTypes,
  parseMediaType,
} from './documents/media-types.js'
export { type OciManifest, ociManifestOf } from './documents/oci-manifest.js'
export { readSubject } from './documents/subject.js'
export { parseImageConfig } from './documents/parse-config.js'
export { checkPullable, parseReference } from './reference/parse-reference.js'
export {
  type Platform,
  PlatformCodec,
  formatPlatform,
  hostPlatform,
  normalizePlatform,
  parsePlatform,
} from './platform/platform.js'
export { platformVector } from './platform/platform-vector.js'
export { Reference, defaultTag, withDefaultTag } from './reference/reference.js'
export { isRepository, isTag } from './reference/grammar.js'
export {
  type CosignSuffix,
  cosignSuffixes,
  cosignTag,
  isReferrersTag,
  referrersTag,
} from './reference/referrers-tag.js'
export { defaultRegistry } from './reference/registry.js'
export { isImageOrIndexEntry } from './documents/listed-images.js'
export { type Schema1Manifest, Schema1ManifestCodec } from './schema1/manifest.js'
export { type Schema1Config, makeSchema1Config } from './schema1/config.js'
export {
  type Schema1Conversion,
  type IdentifiedLayer,
  convertSchema1,
} from './manifest/schema1-conversion.js'
export { type Schema1Image, type Schema1Layer, readSchema1 } from './schema1/image.js'
export type { Schema1Signature } from './schema1/payload.js'
export { type SignatureReport, type SignatureState, verifySchema1Signatures } from './schema1/signatures.js'
export { concernsPlace, isAbsence, isFailureOfPlace, isMismatch, mirrorFailed } from './place-failure.js'
export type { ImageSink, OpenBlob, PutManifestRequest, SinkRequest, TagRemoval } from './sink.js'
export type {
  BlobBody,
  BlobOrigin,
  BlobRequest,
  FetchedManifest,
  HostRole,
  ImageSource,
  ManifestHead,
  ManifestRequest,
  ReferrersRequest,
  RateLimit,
  RequestReport,
  TagsRequest,
} from './source.js'
