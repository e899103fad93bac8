/** Verifies the size and digest of image configs and parses them. */
import { type ErrorSubject, WindlassError } from '../../errors.js'
import { type Digest, algorithmOf, digestOf } from '../digest/digest.js'
import { type ImageConfig, ImageConfigCodec } from './image-config.js'
import { decodeJson, jsonError, parseJson } from '../../codec/json.js'
import { defaultLimits, limitExceeded } from '../../limits.js'
import { formatBytes, formatCount } from '../../quantities.js'
import { keyInOtherCase } from '../../codec/other-case.js'
import { type Platform, formatPlatform } from '../platform/platform.js'
import { quoted } from '../../codec/printable.js'
import type { ReceiveNotice } from '../../codec/record-codec.js'

/** Known properties of a config, and the names for messages. All are optional. */
export interface ExpectedConfig {
  readonly digest?: Digest
  readonly size?: number
  readonly reference?: string
  readonly host?: string
  /** Maximum size in bytes: the value of the limit `configBytes` (default: that of `defaultLimits`). */
  readonly maxBytes?: number
  /** Provides the operating system or the architecture if the config has none. */
  readonly platform?: Platform | undefined
  /** Receives notices about values that were ignored or filled in. */
  readonly notice?: ReceiveNotice | undefined
}

/** The fields that determine what is run. Another spelling of their keys, which some parsers accept, is an error. */
const decisiveConfigFields = ['os', 'architecture', 'variant', 'rootfs', 'config']

function verifyConfig(
  bytes: Uint8Array,
  expected: ExpectedConfig,
  what: string,
  subject: ErrorSubject,
): void {
  const { digest, size, maxBytes = defaultLimits.configBytes } = expected
  if (bytes.length > maxBytes)
    throw limitExceeded(`${what} has ${formatBytes(bytes.length)}`, 'configBytes', maxBytes, subject)
  if (size !== undefined && bytes.length !== size)
    throw new WindlassError(
      'SIZE_MISMATCH',
      `${what} has ${formatCount(bytes.length, 'byte')}, but the manifest states ${formatCount(size, 'byte')}`,
      subject,
    )
  if (digest === undefined) return
  const actual = digestOf(bytes, algorithmOf(digest))
  if (actual !== digest)
    throw new WindlassError(
      'DIGEST_MISMATCH',
      `image config verification failed for digest ${digest}: ${what} has ${actual}`,
      subject,
    )
}

/**
 * Verifies and parses an image config.
 * @throws LIMIT_EXCEEDED if it is larger than `maxBytes`
 * @throws SIZE_MISMATCH or DIGEST_MISMATCH if it is not the expected one
 * @throws CONFIG_INVALID if it is empty or not an image config; the message names the path inside the document
 */
export function parseImageConfig(bytes: Uint8Array, expected: ExpectedConfig = {}): ImageConfig {
  const { digest, reference, host } = expected
  const subject = {
    ...(digest === undefined ? {} : { digest }),
    ...(reference === undefined ? {} : { reference }),
    ...(host === undefined ? {} : { host }),
  }
  const ofReference = reference === undefined ? '' : ` of ${reference}`
  const what = `the image config${ofReference}${host === undefined ? '' : ` from ${host}`}`
  verifyConfig(bytes, expected, what, subject)
  if (bytes.length === 0) throw new WindlassError('CONFIG_INVALID', `${what} is empty`, subject)

  const { notice } = expected
  const document = { code: 'CONFIG_INVALID', what, subject, ...(notice && { notice }) } as const
  const config = decodeJson(ImageConfigCodec, parseJson(bytes, document), document)
  const ambiguous =
    keyInOtherCase(config, decisiveConfigFields) ?? keyInOtherCase(config.rootfs, ['type', 'diff_ids'])
  if (ambiguous !== undefined)
    throw jsonError(document, `the key ${quoted(ambiguous)} differs only in case from a known key`)
  return withPlatform(config, expected)
}

/** Fills in a missing operating system or architecture from `platform`, with a notice. */
function withPlatform(config: ImageConfig, { platform, notice }: ExpectedConfig): ImageConfig {
  const { os, architecture } = config
  if (platform === undefined || (os !== '' && architecture !== '')) return config
  const variant = config.variant ?? (architecture === '' ? platform.variant : undefined)
  const filled = {
    ...config,
    os: os === '' ? platform.os : os,
    architecture: architecture === '' ? platform.architecture : architecture,
    ...(variant === undefined ? {} : { variant }),
  }
  const missing = os !== '' ? 'architecture' : architecture !== '' ? 'os' : 'os and architecture'
  notice?.(`it states no ${missing}; ${formatPlatform(filled)} is assumed`)
  return filled
}
