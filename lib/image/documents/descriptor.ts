/**
 * Descriptors: what a blob is called, how big it is, and what it is meant to be.
 */
import * as t from 'io-ts'
import type { Digest } from '../digest/digest.js'
import { DigestCodec } from '../digest/digest-codec.js'
import { listOf } from '../../codec/list-of.js'
import { type Platform, PlatformCodec } from '../platform/platform-codec.js'
import { type RecordType, filledIn, record } from '../../codec/record-codec.js'
import { type StringMap, StringMapCodec } from '../../codec/string-map.js'

export interface Descriptor {
  readonly mediaType: string
  readonly digest: Digest
  /** In bytes; sizes above 4 GiB are ordinary. */
  readonly size: number
  /** Where else the blob may be had. */
  readonly urls?: readonly string[]
  readonly annotations?: StringMap
  readonly platform?: Platform
  /** The blob itself in base64. Of use only when it has the size and digest told beside it. */
  readonly data?: string
  readonly artifactType?: string
}

const isSize = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0

/** A size in bytes: a whole number that a double holds exactly. */
export const SizeCodec = new t.Type<number, unknown, unknown>(
  'a size (a whole number from 0 to 2^53-1)',
  isSize,
  (value, context) => (isSize(value) ? t.success(value) : t.failure(value, context)),
  t.identity,
)

const isMediaType = (value: unknown): value is string =>
  typeof value === 'string' && /^[\x20-\x7e]+$/.test(value)

/** A media type in a document: any printable ASCII, as it goes into messages and headers. */
const MediaType = new t.Type<string, unknown>(
  'a media type',
  isMediaType,
  (value, context) => (isMediaType(value) ? t.success(value) : t.failure(value, context)),
  t.identity,
)

const optional = {
  urls: listOf(t.string, 'a list of URLs'),
  annotations: StringMapCodec,
  platform: PlatformCodec,
  data: t.string,
  artifactType: t.string,
}

const descriptorWith = (mediaType: t.Type<string, unknown>): RecordType<Descriptor> =>
  record('a descriptor', { mediaType, digest: DigestCodec, size: SizeCodec }, optional)

/** A descriptor in a document (image-spec descriptor.md); unknown fields are kept. */
export const DescriptorCodec = descriptorWith(MediaType)

/** The descriptor that `value` is; undefined where it is none that can be used. */
export function readDescriptor(value: unknown): Descriptor | undefined {
  const result = DescriptorCodec.decode(value)
  return result._tag === 'Right' ? result.right : undefined
}

/** Of a config or a layer, whose place says what it is: a media type that is missing is taken for `mediaType`. */
export const descriptorOf = (mediaType: string, shown: string): RecordType<Descriptor> =>
  descriptorWith(filledIn(MediaType, mediaType, shown))

/** The fields that decide which bytes are fetched and what they are taken for. */
export const decisiveFields = ['mediaType', 'digest', 'size'] as const satisfies readonly (keyof Descriptor)[]
