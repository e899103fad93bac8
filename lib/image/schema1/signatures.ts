/**
 * The JSON web signatures of a schema 1 manifest (libtrust's form; RFC 7515). Their keys come with them: a signature that
 * holds says that the payload is what that key signed, not whose the key is.
 */
import { Buffer } from 'node:buffer'
import type { JWK } from 'jose'
import { WindlassError } from '../../errors.js'
import { quoted } from '../../codec/printable.js'
import type { Schema1Signature } from './payload.js'

/** `unverified`: signed, but in a way that cannot be checked here. */
export type SignatureState = 'verified' | 'unverified' | 'none'

export interface SignatureReport {
  readonly state: SignatureState
  /** RFC 7638 thumbprints (SHA-256, base64url) of the keys of the signatures that hold. */
  readonly keys: readonly string[]
  /** Why they could not be checked. */
  readonly problem?: string
}

export interface Signed {
  /** What is signed, and the only thing that is believed. */
  readonly payload: Uint8Array
  readonly signatures: readonly Schema1Signature[]
}

const algorithms = ['ES256', 'RS256']

/** What makes a public key: whatever else came with it is not asked. */
const keyMembers = ['kty', 'crv', 'x', 'y', 'n', 'e'] as const

/**
 * All of the signatures or none: one that does not hold is refused with `SIGNATURE_INVALID`, whatever the others are.
 * With `required`, so is a manifest without signatures, and one that cannot be checked.
 */
export async function verifySchema1Signatures(
  { payload, signatures }: Signed,
  { reference, required = false }: { readonly reference: string; readonly required?: boolean },
): Promise<SignatureReport> {
  const refusal = (problem: string, cause?: unknown): WindlassError =>
    new WindlassError(
      'SIGNATURE_INVALID',
      `Verifying the signatures of the schema 1 manifest of ${reference}: ${problem}`,
      { reference, cause },
    )
  if (signatures.length === 0) {
    if (required) throw refusal('there are none')
    return { state: 'none', keys: [] }
  }
  // Few images have signatures: who pulls another does not wait for this to load.
  const { calculateJwkThumbprint, flattenedVerify, importJWK } = await import('jose')
  const keys: string[] = []
  const problems: string[] = []
  const encoded = Buffer.from(payload).toString('base64url')
  for (const [at, signature] of signatures.entries()) {
    const key = keyOf(signature)
    if (typeof key === 'string') {
      problems.push(`signature ${at + 1} of ${signatures.length} cannot be checked: ${key}`)
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
      throw refusal(`signature ${at + 1} of ${signatures.length} does not hold`, cause)
    }
  }
  const [problem] = problems
  if (problem === undefined) return { state: 'verified', keys }
  if (required) throw refusal(problem)
  return { state: 'unverified', keys, problem }
}

/** The key that a signature names, or why there is none of use. */
function keyOf({ header }: Schema1Signature): { readonly jwk: JWK; readonly alg: string } | string {
  const alg = header?.['alg']
  if (typeof alg !== 'string') return 'it does not say with which algorithm it was made'
  if (!algorithms.includes(alg)) return `it was made with ${quoted(alg)}, not with ${algorithms.join(' or ')}`
  const { jwk } = header ?? {}
  if (typeof jwk !== 'object' || jwk === null) return 'no key came with it'
  const given = jwk as Readonly<Record<string, unknown>>
  const members = keyMembers.flatMap((name) => {
    const value = given[name]
    return typeof value === 'string' ? [[name, value] as const] : []
  })
  return { jwk: Object.fromEntries(members), alg }
}
