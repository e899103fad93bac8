import fc from 'fast-check'
import { createHash } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { asWindlassError, type WindlassError } from '../../../../lib/errors.js'
import { parseManifest } from '../../../../lib/image/manifest/parse-manifest.js'
import { type SignatureReport, verifySchema1Signatures } from '../../../../lib/image/schema1/signatures.js'
import {
  type Schema1Key,
  generateKey,
  schema1Payload,
  signatureOf,
  signPayload,
  someDigest,
  withSignatures,
} from '../../../../testbench/documents/schema1-images.js'

const payload = schema1Payload([{ blob: someDigest('one') }, { blob: someDigest('two') }])
const es256 = generateKey('ES256')
const rs256 = generateKey('RS256')
const reference = 'docker.io/library/old:latest'

async function verify(bytes: Buffer, required = false): Promise<SignatureReport> {
  const document = parseManifest({ bytes, host: 'docker.io', reference })
  if (document.kind !== 'schema1') throw new Error(document.kind)
  return verifySchema1Signatures(document, { reference, required })
}

const refused = (bytes: Buffer, required = false): Promise<WindlassError> =>
  verify(bytes, required).then((report) => {
    throw new Error(`accepted: ${JSON.stringify(report)}`)
  }, asWindlassError)

/** The thumbprint of a key by RFC 7638, computed without the code under test. */
function thumbprint({ publicKey }: Schema1Key): string {
  const { kty, crv, x, y, n, e } = publicKey.export({ format: 'jwk' })
  const members = kty === 'EC' ? { crv, kty, x, y } : { e, kty, n }
  return createHash('sha256').update(JSON.stringify(members)).digest('base64url')
}

describe('verifySchema1Signatures', () => {
  it.each([
    ['ES256', [es256]],
    ['RS256', [rs256]],
    ['both', [es256, rs256, es256]],
  ])('what is signed with %s holds (S2-76)', async (_, keys) => {
    for (const required of [false, true])
      expect(await verify(signPayload(payload, ...keys), required)).toEqual({
        state: 'verified',
        keys: keys.map(thumbprint),
      })
  })

  it('reports a manifest without signatures, and rejects it if they are required (S2-76)', async () => {
    expect(await verify(payload)).toEqual({ state: 'none', keys: [] })
    expect(await refused(payload, true)).toMatchObject({ code: 'SIGNATURE_INVALID', exitCode: 5 })
  })

  it('threats 5: a payload that was changed is refused, wherever it was changed', async () => {
    const bytes = signPayload(payload, es256)
    const tag = bytes.indexOf('"latest"')
    for (const required of [false, true]) {
      const changed = Buffer.from(bytes)
      changed.write('oldest', tag + 1)
      const error = await refused(changed, required)
      expect(error).toMatchObject({ code: 'SIGNATURE_INVALID' })
      expect(error.message).toContain(reference)
    }
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 0, max: payload.length - 3 }), async (at) => {
        const changed = Buffer.from(bytes)
        changed.writeUInt8(changed.readUInt8(at) ^ 1, at)
        // Most changed bytes are no valid manifest. A manifest that is still valid has a wrong signature.
        expect(['SIGNATURE_INVALID', 'MANIFEST_INVALID', 'MANIFEST_UNSUPPORTED', 'UNSUPPORTED']).toContain(
          (await refused(changed)).code,
        )
      }),
      { numRuns: 300 },
    )
  })

  it.each([es256, rs256])('threats 5: a signature that was changed is refused: $alg', async (key) => {
    const good = signatureOf(payload, key) as { signature: string; header: { alg: string } }
    const other = generateKey(key.alg)
    const swapped = [
      { ...good, signature: `${good.signature.startsWith('A') ? 'B' : 'A'}${good.signature.slice(1)}` },
      { ...good, signature: good.signature.slice(4) },
      { ...good, signature: 'AAAA' },
      { ...good, signature: undefined },
      { ...good, header: { ...good.header, jwk: other.publicKey.export({ format: 'jwk' }) } },
      { ...good, header: { ...good.header, jwk: { kty: 'EC' } } },
      { ...good, header: { ...good.header, alg: key.alg === 'ES256' ? 'RS256' : 'ES256' } },
    ]
    for (const signature of swapped)
      expect((await refused(withSignatures(payload, [signature]))).code).toBe('SIGNATURE_INVALID')
  })

  it('threats 5: never half of them: one that does not hold among others that do', async () => {
    const bad = { ...signatureOf(payload, rs256), signature: 'AAAA' }
    const good = signatureOf(payload, es256)
    for (const signatures of [
      [good, bad],
      [bad, good],
    ])
      expect((await refused(withSignatures(payload, signatures))).code).toBe('SIGNATURE_INVALID')
  })

  it.each([
    ['an algorithm that is not known', { alg: 'ES512' }, '"ES512"'],
    ['no algorithm', {}, 'it does not state its algorithm'],
    ['an algorithm without a key', { alg: 'none', jwk: {} }, '"none"'],
    ['a shared secret', { alg: 'HS256', jwk: { kty: 'oct', k: 'AAAA' } }, '"HS256"'],
    ['no key', { alg: 'ES256', x5c: ['AAAA'] }, 'no key'],
  ])('%s: not verified, and refused where signatures are required (S2-76)', async (_, header, problem) => {
    const odd = { ...signatureOf(payload, es256), header }
    const bytes = withSignatures(payload, [signatureOf(payload, es256), odd])
    const report = await verify(bytes)
    expect(report).toMatchObject({ state: 'unverified', keys: [thumbprint(es256)] })
    expect(report.problem).toContain(problem.replaceAll('"', ''))
    const error = await refused(bytes, true)
    expect(error.code).toBe('SIGNATURE_INVALID')
    expect(error.message).toContain('signature 2 of 2')
  })
})
