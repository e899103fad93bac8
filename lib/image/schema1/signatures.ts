/**
 * Verifies the JSON web signatures of schema 1 manifests (libtrust's form; RFC 7515). The keys are part of the
 * signatures: a valid signature proves that its key signed the payload, not who owns the key.
 */
import { Buffer } from 'node:buffer'
import type { JWK } from 'jose'
import { WindlassError } from '../../errors.js'
import { quoted } from '../../codec/printable.js'
import type { Schema1Signature } from './payload.js'

/**
 * Result for all signatures of a manifest. `verified`: all are valid. `unverified`: at least one cannot be checked, for
 * example because of its algorithm, and none is invalid. `none`: the manifest is not signed.
 */
export type SignatureState = 'verified' | 'unverified' | 'none'

/** Result of the verification. */
export interface SignatureReport {
  readonly state: SignatureState
  /** RFC 7638 thumbprints (SHA-256, base64url) of the keys of valid signatures. */
  readonly keys: readonly string[]
  /** Why a signature could not be checked. */
  readonly problem?: string
}

/** A payload with its signatures. */
export interface Signed {
  /** The bytes that the signatures cover. Nothing else of the manifest is protected by them. */
  readonly payload: Uint8Array
  readonly signatures: readonly Schema1Signature[]
}

const algorithms = ['ES256', 'RS256']

/** The fields of a public key. All others are ignored. */
const keyMembers = ['kty', 'crv', 'x', 'y', 'n', 'e'] as const

/**
 * Verifies all signatures.
 * @throws SIGNATURE_INVALID if a signature is invalid, even if others are valid; with `required`, also if there are no
 *   signatures or one cannot be checked
 */
export async function verifySchema1Signatures(
  { payload, signatures }: Signed,
  { reference, required = false }: { readonly reference: string; readonly required?: boolean },
): Promise<SignatureReport> {
  const failure = (problem: string, cause?: unknown): WindlassError =>
    new WindlassError(
      'SIGNATURE_INVALID',
      `Failed to verify the signatures of the schema 1 manifest of ${reference}: ${problem}`,
      {
        reference,
        cause,
        hint: 'Do not use the image unless you trust its registry. Tell whoever publishes it.',
      },
    )
  if (signatures.length === 0) {
    if (required) throw failure('it is not signed')
    return { state: 'none', keys: [] }
  }
  // Loaded on demand, because few images have signatures.
  const { calculateJwkThumbprint, flattenedVerify, importJWK } = await import('jose')
  const keys: string[] = []
  const problems: string[] = []
  const encoded = Buffer.from(payload).toString('base64url')
  for (const [at, signature] of signatures.entries()) {
    const key = keyOf(signature)
    if (typeof key === 'string') {
      const whyNot = key
      problems.push(`signature ${at + 1} of ${signatures.length} cannot be checked: ${whyNot}`)
      continue
    }
    try {
      const { protected: header, signature: value = '' } = signature
      await flattenedVerify(
        { payload: encoded, protected: header, signature: value, header: { alg: key.alg } },
        await importJWK(key.jwk, key.alg),
        { algorithms },
      )
      keys.push(await calculateJwkThumbprint(key.jwk))
    } catch (cause) {
      throw failure(`signature ${at + 1} of ${signatures.length} is not valid`, cause)
    }
  }
  const [problem] = problems
  if (problem === undefined) return { state: 'verified', keys }
  if (required) throw failure(problem)
  return { state: 'unverified', keys, problem }
}

/** Returns the key of a signature, or the reason why it has no usable one. */
function keyOf({ header }: Schema1Signature): { readonly jwk: JWK; readonly alg: string } | string {
  const alg = header?.['alg']
  if (typeof alg !== 'string') return 'it does not state its algorithm'
  if (!algorithms.includes(alg))
    return `its algorithm is ${quoted(alg)} instead of ${algorithms.join(' or ')}`
  const { jwk } = header ?? {}
  if (typeof jwk !== 'object' || jwk === null) return 'it contains no key'
  const given = jwk as Readonly<Record<string, unknown>>
  const members = keyMembers.flatMap((name) => {
    const value = given[name]
    return typeof value === 'string' ? [[name, value] as const] : []
  })
  return { jwk: Object.fromEntries(members), alg }
}
