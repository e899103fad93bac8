import { createHash, generateKeyPairSync, sign } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { parsePublicKeys, verifyBytes } from '../../../lib/signatures/public-key.js'
import { ecdsa, pemOf } from '../../support/signing.js'

const signed = Buffer.from('what is signed')
const keys = ecdsa()
const rsa = (modulusLength: number) => generateKeyPairSync('rsa', { modulusLength }).publicKey

describe('public keys in PEM', () => {
  it('are all read, with the hash of each', () => {
    const others = ecdsa('P-384')
    const text = `first\n${pemOf(keys.publicKey)}and\n${pemOf(others.publicKey)}`
    const der = [keys, others].map(({ publicKey }) => publicKey.export({ type: 'spki', format: 'der' }))
    expect(parsePublicKeys(text, 'a test').map(({ hint }) => hint)).toEqual(
      der.map((bytes) => createHash('sha256').update(bytes).digest('base64')),
    )
  })

  it('may be RSA keys in PKCS #1', () => {
    const pem = rsa(2048).export({ type: 'pkcs1', format: 'pem' }).toString()
    expect(pem).toContain('BEGIN RSA PUBLIC KEY')
    expect(parsePublicKeys(pem, 'a test')).toHaveLength(1)
  })

  it.each([
    ['There is no public key in the file a.pub', 'no key'],
    ['cannot be read', '-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n'],
    ['has 1024 bits', pemOf(rsa(1024))],
    ['has the curve secp256k1', pemOf(ecdsa('secp256k1').publicKey)],
    ['is of the kind x25519', pemOf(generateKeyPairSync('x25519').publicKey)],
  ])('are refused with “%s”', (message, text) => {
    for (const pem of [text, pemOf(keys.publicKey) + text])
      if (pem === text || text.includes('BEGIN'))
        expect(() => parsePublicKeys(pem, 'the file a.pub')).toThrow(
          expect.objectContaining({ code: 'USAGE', message: expect.stringContaining(message) as string }),
        )
  })
})

describe('the bytes that a key signed', () => {
  it.each([
    ['P-256', 'sha256', true],
    ['P-256', 'sha384', false],
    ['P-384', 'sha384', true],
    ['P-384', 'sha256', true],
    ['P-384', 'sha512', false],
    ['P-521', 'sha512', true],
    ['P-521', 'sha256', true],
  ])('with %s and %s are verified: %s', (curve, hash, counts) => {
    const { publicKey, privateKey } = ecdsa(curve)
    const signature = sign(hash, signed, privateKey)
    expect(verifyBytes(publicKey, signed, signature)).toBe(counts)
    expect(verifyBytes(publicKey, Buffer.from('something else'), signature)).toBe(false)
    expect(verifyBytes(publicKey, signed, Buffer.alloc(0))).toBe(false)
  })

  it('with RSA and Ed25519 are verified', () => {
    for (const [pair, hash] of [
      [generateKeyPairSync('rsa', { modulusLength: 2048 }), 'sha256'],
      [generateKeyPairSync('ed25519'), null],
    ] as const)
      expect(verifyBytes(pair.publicKey, signed, sign(hash, signed, pair.privateKey))).toBe(true)
  })

  it('are not verified by a key that cannot verify anything', () => {
    expect(verifyBytes(generateKeyPairSync('x25519').publicKey, signed, Buffer.alloc(64))).toBe(false)
  })
})
