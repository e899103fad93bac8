import { createHash } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Verifier, manifestSizeError } from '../../../lib/bytes/verifier.js'
import { parseDigest, type Digest } from '../../../lib/image/digest/digest.js'

const digestOf = (bytes: Uint8Array, algorithm = 'sha256'): Digest =>
  parseDigest(`${algorithm}:${createHash(algorithm).update(bytes).digest('hex')}`)
const hello = Buffer.from('hello')
const digest = digestOf(hello)

describe('Verifier', () => {
  it.each(['sha256', 'sha384', 'sha512'])(
    'accepts the right bytes, whatever the chunks (%s)',
    (algorithm) => {
      fc.assert(
        fc.property(fc.array(fc.uint8Array({ maxLength: 50 })), (chunks) => {
          const all = Buffer.concat(chunks)
          const verifier = new Verifier({ digest: digestOf(all, algorithm), size: all.length })
          for (const chunk of chunks) verifier.update(chunk)
          verifier.check()
          verifier.check()
          expect(verifier.bytes).toBe(all.length)
        }),
      )
    },
  )

  it('rejects any other bytes of the same length', () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ minLength: 1, maxLength: 50 }),
        fc.nat(),
        fc.integer({ min: 1, max: 255 }),
        (bytes, at, flip) => {
          const verifier = new Verifier({ digest: digestOf(bytes), size: bytes.length })
          const other = Uint8Array.from(bytes)
          other[at % other.length]! ^= flip
          verifier.update(other)
          expect(() => verifier.check()).toThrow(
            expect.objectContaining({ code: 'DIGEST_MISMATCH' }) as Error,
          )
        },
      ),
    )
  })

  it('reports what failed, the digest, and the expected and actual values (S2-74, S2-32, S2-20)', () => {
    const message = (what?: 'image config' | 'manifest'): string => {
      const verifier = new Verifier({ digest, size: 5 }, what)
      verifier.update(Buffer.from('hellO'))
      try {
        verifier.check()
      } catch (error) {
        return (error as Error).message
      }
      return ''
    }
    const actual = digestOf(Buffer.from('hellO'))
    expect(message()).toBe(
      `filesystem layer verification failed for digest ${digest}: expected ${digest}, got ${actual}`,
    )
    expect(message('image config')).toMatch(`image config verification failed for digest ${digest}`)
    expect(message('manifest')).toMatch(`manifest verification failed for digest ${digest}`)
  })

  it('rejects a byte too many at once, and a byte too few at the end', () => {
    const long = new Verifier({ digest, size: 5 })
    long.update(hello)
    expect(() => long.update(Buffer.from('!'))).toThrow(
      expect.objectContaining({ code: 'SIZE_MISMATCH', subject: { digest } }) as Error,
    )
    expect(long.bytes).toBe(5)
    long.check()
    const short = new Verifier({ digest, size: 6 })
    short.update(Buffer.from('hellO'))
    expect(() => short.check()).toThrow(/expected 6 bytes, got 5 bytes$/)
  })

  it('reports a wrong size if the digest is right', () => {
    const right = new Verifier({ digest, size: 6 })
    right.update(hello)
    expect(right.hasDigest()).toBe(true)
    expect(() => right.check()).toThrow(
      expect.objectContaining({
        code: 'SIZE_MISMATCH',
        message: expect.stringMatching(
          /expected 6 bytes, got 5 bytes.*the size in the manifest is wrong/,
        ) as string,
        hint: expect.stringContaining('The registry works.') as string,
      }) as Error,
    )
    const none = new Verifier({ digest, size: 0 })
    expect(() => none.check()).toThrow(
      expect.objectContaining({
        code: 'SIZE_MISMATCH',
        hint: expect.stringContaining('The size in the manifest is wrong') as string,
      }) as Error,
    )
    new Verifier({ digest: digestOf(Buffer.alloc(0)), size: 0 }).check()
  })

  it('rejects an invalid digest', () => {
    expect(() => new Verifier({ digest: 'md5:00' as Digest, size: 0 })).toThrow(
      expect.objectContaining({ code: 'DIGEST_INVALID' }) as Error,
    )
  })
})

it('an error about a size that only the manifest has wrong names the digest, and the host if there is one', () => {
  const error = manifestSizeError('Reading a failed', digest, 'registry.example')
  expect(error).toMatchObject({ code: 'SIZE_MISMATCH', subject: { digest, host: 'registry.example' } })
  expect(manifestSizeError('Reading a failed', digest).subject).toEqual({ digest })
})
