/** Digests: their grammar, their parts, and their computation. Only valid digests may become part of paths or URLs. */
import { createHash } from 'node:crypto'
import type { Branded } from 'io-ts'
import { WindlassError } from '../../errors.js'
import { quoted } from '../../codec/printable.js'

/** Supported digest algorithm. */
export type DigestAlgorithm = 'sha256' | 'sha384' | 'sha512'

interface DigestBrand {
  readonly Digest: unique symbol
}

/** A valid digest: `<algorithm>:<lower-case hex>`. */
export type Digest = Branded<string, DigestBrand>

const digestPattern = /^(sha256:[0-9a-f]{64}|sha384:[0-9a-f]{96}|sha512:[0-9a-f]{128})$/

/** Returns whether `text` is a valid digest of a supported algorithm. */
export const isDigest = (text: unknown): text is Digest =>
  typeof text === 'string' && digestPattern.test(text)

const anyDigestPattern = /^([a-z0-9]+(?:[+._-][a-z0-9]+)*):[A-Za-z0-9=_-]+$/

/** Returns whether `text` has the form of a digest, but of an unsupported algorithm (image-spec descriptor.md). */
export function isUnsupportedDigest(text: unknown): boolean {
  const algorithm = typeof text === 'string' ? anyDigestPattern.exec(text)?.[1] : undefined
  return algorithm !== undefined && !/^sha(?:256|384|512)$/.test(algorithm)
}

/**
 * Returns `text` as a digest.
 * @throws DIGEST_INVALID if it is not a digest of a supported algorithm
 */
export function parseDigest(text: string): Digest {
  if (isDigest(text)) return text
  throw new WindlassError('DIGEST_INVALID', `${quoted(text)} is not a digest`, {
    hint: 'A digest is sha256:, sha384: or sha512: and 64, 96 or 128 lower-case hexadecimal digits.',
  })
}

/** Returns the algorithm: the part before the colon. */
export function algorithmOf(digest: Digest): DigestAlgorithm {
  return digest.startsWith('sha256:') ? 'sha256' : digest.startsWith('sha384:') ? 'sha384' : 'sha512'
}

/** Returns the hexadecimal part after the colon. It is safe as a file name. */
export const hexOf = (digest: Digest): string => digest.slice(digest.indexOf(':') + 1)

/** Returns the digest of `bytes`. The default, sha256, is the canonical algorithm of the image-spec. */
export function digestOf(bytes: Uint8Array, algorithm: DigestAlgorithm = 'sha256'): Digest {
  return parseDigest(`${algorithm}:${createHash(algorithm).update(bytes).digest('hex')}`)
}
