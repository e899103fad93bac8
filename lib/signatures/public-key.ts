/** Public keys that verify signatures: ECDSA, RSA and Ed25519, from PEM (RFC 7468). */
import { type KeyObject, createHash, createPublicKey, verify } from 'node:crypto'
import { WindlassError } from '../errors.js'

/** A public key. */
export interface PublicKey {
  readonly key: KeyObject
  /** Base64 of the SHA-256 of the key in DER (SPKI), by which signatures of cosign name it. */
  readonly hint: string
}

const pemBlock = /-----BEGIN (RSA )?PUBLIC KEY-----[\s\S]+?-----END (RSA )?PUBLIC KEY-----/g

/**
 * Parses the public keys in a PEM text.
 * @param what where the text is from, for errors: `the file cosign.pub`
 * @throws USAGE if there is none, or one is of another kind or too weak
 */
export function parsePublicKeys(pem: string, what: string): readonly PublicKey[] {
  const blocks = pem.match(pemBlock) ?? []
  if (blocks.length === 0)
    throw new WindlassError('USAGE', `There is no public key in ${what}`, {
      hint: 'It must be in PEM format (-----BEGIN PUBLIC KEY-----), as “cosign generate-key-pair” writes it.',
    })
  return blocks.map((block) => publicKey(block, what))
}

function publicKey(pem: string, what: string): PublicKey {
  let key: KeyObject
  try {
    key = createPublicKey(pem)
  } catch (cause) {
    throw new WindlassError('USAGE', `The public key in ${what} cannot be read`, { cause })
  }
  const problem = weakness(key)
  if (problem !== undefined) throw new WindlassError('USAGE', `The public key in ${what} ${problem}`)
  const der = key.export({ type: 'spki', format: 'der' })
  return { key, hint: createHash('sha256').update(der).digest('base64') }
}

const minRsaBits = 2048
const curveHashes: Readonly<Record<string, readonly string[]>> = {
  prime256v1: ['sha256'],
  // cosign 2 signs with SHA-256 for all curves, cosign 3 with the hash that fits the curve.
  secp384r1: ['sha384', 'sha256'],
  secp521r1: ['sha512', 'sha256'],
}

/** Returns why a key is not accepted, as the end of a sentence; undefined if it is. */
function weakness({
  asymmetricKeyType: type,
  asymmetricKeyDetails: details = {},
}: KeyObject): string | undefined {
  if (type === 'ed25519') return undefined
  if (type === 'ec')
    return Object.hasOwn(curveHashes, details.namedCurve ?? '')
      ? undefined
      : `has the curve ${details.namedCurve ?? '(none)'}; P-256, P-384 and P-521 are supported`
  if (type !== 'rsa') return `is of the kind ${type ?? '(none)'}; ECDSA, RSA and Ed25519 are supported`
  const bits = details.modulusLength ?? 0
  return bits >= minRsaBits ? undefined : `has ${bits} bits; RSA keys need ${minRsaBits} at least`
}

/** Returns whether `signature` is one of `signed` by `key`. Never throws. */
export function verifyBytes(key: KeyObject, signed: Buffer, signature: Buffer): boolean {
  const curve = key.asymmetricKeyDetails?.namedCurve ?? ''
  const hashes = key.asymmetricKeyType === 'ed25519' ? [null] : (curveHashes[curve] ?? ['sha256'])
  return hashes.some((hash) => {
    try {
      return verify(hash, signed, key, signature)
    } catch {
      return false
    }
  })
}
