/**
 * Digests as values: the only three forms that may ever reach a path or a URL.
 */
import { createHash } from 'node:crypto'
import type { Branded } from 'io-ts'
import { WindlassError } from '../../errors.js'
import { quoted } from '../../codec/printable.js'

export type DigestAlgorithm = 'sha256' | 'sha384' | 'sha512'

interface DigestBrand {
  readonly Digest: unique symbol
}

/** `<algorithm>:<lower-case hex>`, checked. */
export type Digest = Branded<string, DigestBrand>

const form = /^(sha256:[0-9a-f]{64}|sha384:[0-9a-f]{96}|sha512:[0-9a-f]{128})$/

/** Whether `text` is a digest of a known algorithm and of exactly its length. */
export const isDigest = (text: unknown): text is Digest => typeof text === 'string' && form.test(text)

const anyForm = /^([a-z0-9]+(?:[+._-][a-z0-9]+)*):[A-Za-z0-9=_-]+$/

/** Whether `text` has the form of a digest, but its algorithm is not one that is supported (image-spec descriptor.md). */
export function isForeignDigest(text: unknown): boolean {
  const algorithm = typeof text === 'string' ? anyForm.exec(text)?.[1] : undefined
  return algorithm !== undefined && !/^sha(?:256|384|512)$/.test(algorithm)
}

/** `text` as a digest. Throws `DIGEST_INVALID` for anything else, before it can be used. */
export function parseDigest(text: string): Digest {
  if (isDigest(text)) return text
  throw new WindlassError('DIGEST_INVALID', `${quoted(text)} is not a digest`, {
    hint: 'A digest is sha256:, sha384: or sha512: and 64, 96 or 128 lower-case hexadecimal digits.',
  })
}

/** The part before the colon. */
export function algorithmOf(digest: Digest): DigestAlgorithm {
  return digest.startsWith('sha256:') ? 'sha256' : digest.startsWith('sha384:') ? 'sha384' : 'sha512'
}

/** The part after the colon: safe as a file name. */
export const hexOf = (digest: Digest): string => digest.slice(digest.indexOf(':') + 1)

/** The digest of bytes that are all here; sha256 is the canonical algorithm. */
export function digestOf(bytes: Uint8Array, algorithm: DigestAlgorithm = 'sha256'): Digest {
  return parseDigest(`${algorithm}:${createHash(algorithm).update(bytes).digest('hex')}`)
}
