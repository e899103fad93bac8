import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { algorithmOf, digestOf, hexOf, isDigest, parseDigest } from '../../../../lib/image/digest/digest.js'
import { failure } from '../../../support/image/failure.js'

const empty = 'sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855'

describe('digest', () => {
  it('computes sha256, sha384 and sha512, by default sha256 (S2-41)', () => {
    fc.assert(
      fc.property(fc.uint8Array(), fc.constantFrom('sha256', 'sha384', 'sha512'), (bytes, algorithm) => {
        const digest = digestOf(bytes, algorithm)
        expect(algorithmOf(parseDigest(digest))).toBe(algorithm)
        expect(`${algorithm}:${hexOf(digest)}`).toBe(digest)
        expect(hexOf(digest)).toHaveLength({ sha256: 64, sha384: 96, sha512: 128 }[algorithm])
      }),
    )
    expect(digestOf(new Uint8Array())).toBe(empty)
  })

  it.each([
    '',
    'sha256:',
    'sha256',
    empty.slice(0, -1),
    `${empty}0`,
    `${empty}\n`,
    `${empty}\0`,
    ` ${empty}`,
    empty.toUpperCase(),
    `SHA256:${empty.slice(7)}`,
    `sha256:${empty.slice(7).toUpperCase()}`,
    `md5:${'0'.repeat(32)}`,
    `sha256:${'g'.repeat(64)}`,
    `sha512:${'0'.repeat(64)}`,
    `sha256:../${'0'.repeat(61)}`,
    `sha256+b64:${'0'.repeat(64)}`,
  ])('refuses %j (S2-33)', (text) => {
    expect(isDigest(text)).toBe(false)
    expect(failure(() => parseDigest(text)).code).toBe('DIGEST_INVALID')
  })

  it('rejects any digest with one invalid character', () => {
    fc.assert(
      fc.property(fc.nat(70), fc.string({ unit: 'binary', minLength: 1, maxLength: 1 }), (at, character) => {
        fc.pre(!/[0-9a-f]/.test(character) && empty[at] !== character)
        expect(isDigest(empty.slice(0, at) + character + empty.slice(at + 1))).toBe(false)
      }),
      { numRuns: 300 },
    )
  })
})
