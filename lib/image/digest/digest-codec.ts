/** Codec for digests. Separate from `digest.ts`, so that threads that only verify digests do not load the codecs. */
import * as t from 'io-ts'
import { UnsupportedValue } from '../../codec/json-problems.js'
import { type Digest, isDigest, isUnsupportedDigest } from './digest.js'

/** Codec for a digest. A digest of an unsupported algorithm is an `UnsupportedValue`, not an invalid document. */
export const DigestCodec = new t.Type<Digest, unknown, unknown>(
  'a digest (sha256, sha384 or sha512 and its lower-case hex)',
  isDigest,
  (value, context) => {
    if (isDigest(value)) return t.success(value)
    return isUnsupportedDigest(value)
      ? t.failures([new UnsupportedValue(value, context)])
      : t.failure(value, context)
  },
  (digest) => digest,
)
