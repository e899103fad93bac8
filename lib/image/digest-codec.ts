/** A digest inside a JSON document. Apart from the digests themselves: threads that only verify load no codecs. */
import * as t from 'io-ts'
import { type Digest, isDigest } from './digest.js'

export const DigestCodec = new t.Type<Digest, unknown, unknown>(
  'a digest (sha256, sha384 or sha512 and its lower-case hex)',
  isDigest,
  (value, context) => (isDigest(value) ? t.success(value) : t.failure(value, context)),
  (digest) => digest,
)
