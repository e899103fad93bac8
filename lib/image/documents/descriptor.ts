/** Descriptors: references to blobs by media type, digest and size (image-spec descriptor.md). */
import * as t from 'io-ts'
import type { Digest } from '../digest/digest.js'
import { DigestCodec } from '../digest/digest-codec.js'
import { listOf } from '../../codec/list-of.js'
import { type Platform, PlatformCodec } from '../platform/platform-codec.js'
import { type RecordType, withNoticedDefault, record } from '../../codec/record-codec.js'
import { type StringMap, StringMapCodec } from '../../codec/string-map.js'

/** A reference to a blob. */
export interface Descriptor {
  readonly mediaType: string
  readonly digest: Digest
  /** Size in bytes. May exceed 4 GiB. */
  readonly size: number
  /** Alternative locations of the blob. */
  readonly urls?: readonly string[]
  readonly annotations?: StringMap
  readonly platform?: Platform
  /** The blob in base64. Valid only if it matches `size` and `digest`. */
  readonly data?: string
  readonly artifactType?: string
}

const isSize = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0

/** Codec for a size in bytes: a whole number up to 2^53-1, which a double represents exactly. */
export const SizeCodec = new t.Type<number, unknown, unknown>(
  'a size (a whole number from 0 to 2^53-1)',
  isSize,
  (value, context) => (isSize(value) ? t.success(value) : t.failure(value, context)),
  t.identity,
)

const isMediaType = (value: unknown): value is string =>
  typeof value === 'string' && /^[\x20-\x7e]+$/.test(value)

/** Codec for a media type: any printable ASCII text, which is safe in messages and headers. */
const MediaTypeCodec = new t.Type<string, unknown>(
  'a media type',
  isMediaType,
  (value, context) => (isMediaType(value) ? t.success(value) : t.failure(value, context)),
  t.identity,
)

const optionalFields = {
  urls: listOf(t.string, 'a list of URLs'),
  annotations: StringMapCodec,
  platform: PlatformCodec,
  data: t.string,
  artifactType: t.string,
}

const makeDescriptorCodec = (mediaType: t.Type<string, unknown>): RecordType<Descriptor> =>
  record('a descriptor', { mediaType, digest: DigestCodec, size: SizeCodec }, optionalFields)

/** Codec for a descriptor. Unknown fields are kept. */
export const DescriptorCodec = makeDescriptorCodec(MediaTypeCodec)

/** Returns `value` as a descriptor, or undefined if it is not a valid one. */
export function readDescriptor(value: unknown): Descriptor | undefined {
  const result = DescriptorCodec.decode(value)
  return result._tag === 'Right' ? result.right : undefined
}

/**
 * Returns a codec for the descriptor of a config or layer. Replaces a missing media type by `mediaType`, with a
 * notice: the position in the manifest implies whether it is a config or a layer.
 * @param display what the notice calls the default: `an image config`
 */
export const descriptorCodecWithDefault = (mediaType: string, display: string): RecordType<Descriptor> =>
  makeDescriptorCodec(withNoticedDefault(MediaTypeCodec, mediaType, display))

/** The fields that determine which bytes are fetched and how they are interpreted. */
export const decisiveFields = ['mediaType', 'digest', 'size'] as const satisfies readonly (keyof Descriptor)[]
