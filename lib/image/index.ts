/**
 * Values and codecs of images: references, digests, platforms, descriptors, manifests, configs. Pure: nothing here reads
 * a file or a socket.
 */
export { checkIsImage, checkLayerTypes, notAnIndexOfImages } from './artifact.js'
export { chainIDs } from './chain-id.js'
export { type Descriptor, DescriptorCodec, SizeCodec, readDescriptor } from './descriptor.js'
export {
  type ExpectedManifest,
  type ManifestDocument,
  type ManifestInput,
  decideManifest,
} from './decide-manifest.js'
export {
  type Digest,
  type DigestAlgorithm,
  algorithmOf,
  digestOf,
  hexOf,
  isDigest,
  isForeignDigest,
  parseDigest,
} from './digest.js'
export { DigestCodec } from './digest-codec.js'
export {
  type HistoryEntry,
  type ImageConfig,
  ImageConfigCodec,
  type RuntimeConfig,
  checkConfigAgainstLayers,
  platformOfConfig,
} from './image-config.js'
export { type ImageIndex, ImageIndexCodec, parseImageIndex } from './image-index.js'
export { type ImageManifest, ImageManifestCodec, blobsOf, parseImageManifest } from './image-manifest.js'
export { type ImageName, parseImageName } from './image-name.js'
export { isTooDeep, jsonDepth } from './json-text.js'
export { type JsonDocument, decodeJson, jsonError, parseJson, readJson } from './json.js'
export {
  type LimitName,
  type Limits,
  defaultLimits,
  limitExceeded,
  limitNames,
  limitsWith,
  raiseHint,
} from './limits.js'
export type { UnusableEntry } from './index-entries.js'
export { listOf } from './list-of.js'
export type { DecidedBy, ManifestKind } from './manifest-type.js'
export { matchPlatform } from './match-platform.js'
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
} from './media-types.js'
export { type OciManifest, ociManifestOf } from './oci-manifest.js'
export { parseImageConfig } from './parse-config.js'
export { checkPullable, parseReference } from './parse-reference.js'
export {
  type Platform,
  PlatformCodec,
  formatPlatform,
  hostPlatform,
  normalizePlatform,
  parsePlatform,
} from './platform.js'
export { type ReceiveNotice, RecordType } from './record-codec.js'
export { platformVector } from './platform-vector.js'
export { printable, quoted, titleLength } from './printable.js'
export { Reference, defaultTag, withDefaultTag } from './reference.js'
export { isRepository, isTag } from './reference-grammar.js'
export { defaultRegistry } from './reference-registry.js'
export { isListedImage } from './listed-images.js'
export { type Schema1Manifest, Schema1ManifestCodec } from './schema1.js'
export { type Schema1Config, makeSchema1Config } from './schema1-config.js'
export { type Schema1Conversion, type SeenLayer, convertSchema1 } from './schema1-conversion.js'
export { type Schema1Image, type Schema1Layer, readSchema1 } from './schema1-image.js'
export type { Schema1Signature } from './schema1-payload.js'
export { type SignatureReport, type SignatureState, verifySchema1Signatures } from './schema1-signatures.js'
export type {
  BlobBody,
  BlobRequest,
  FetchedManifest,
  ImageSource,
  ManifestRequest,
  TagsRequest,
} from './source.js'
export { type StringMap, StringMapCodec } from './string-map.js'
