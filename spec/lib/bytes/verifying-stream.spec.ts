import { Readable } from 'node:stream'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { VerifyingStream } from '../../../lib/bytes/index.js'
import { type Digest, digestOf } from '../../../lib/image/index.js'

/** Returns the bytes that the stream passed on before it ended or failed. */
async function passed(
  chunks: readonly Buffer[],
  expected: Buffer,
): Promise<{ bytes: Buffer; error?: unknown; whole: boolean }> {
  const stream = new VerifyingStream({ digest: digestOf(expected), size: expected.length })
  const out: Buffer[] = []
  Readable.from(chunks, { objectMode: false }).pipe(stream)
  try {
    for await (const chunk of stream) out.push(chunk as Buffer)
    return { bytes: Buffer.concat(out), whole: stream.isVerified }
  } catch (error) {
    return { bytes: Buffer.concat(out), error, whole: stream.isVerified }
  }
}

const chunks = fc.array(
  fc.uint8Array({ minLength: 1, maxLength: 40 }).map((each) => Buffer.from(each)),
  { maxLength: 6 },
)

describe('a verifying stream', () => {
  it('passes the right bytes unchanged', () =>
    fc.assert(
      fc.asyncProperty(chunks, async (parts) => {
        const expected = Buffer.concat(parts)
        expect(await passed(parts, expected)).toEqual({ bytes: expected, whole: true })
      }),
    ))

  it('never passes the expected number of bytes if they are wrong', () =>
    fc.assert(
      fc.asyncProperty(chunks, chunks, async (parts, others) => {
        const expected = Buffer.concat(others)
        fc.pre(!Buffer.concat(parts).equals(expected))
        const { bytes, error, whole } = await passed(parts, expected)
        expect(whole).toBe(false)
        expect(error).toMatchObject({ code: expect.stringMatching(/^(DIGEST|SIZE)_MISMATCH$/) })
        if (expected.length > 0) expect(bytes.length).toBeLessThan(expected.length)
      }),
    ))

  it('fails with the converted error', async () => {
    const failure = new Error('mine')
    const stream = new VerifyingStream(
      { digest: digestOf(Buffer.from('a')), size: 1 },
      { toStreamError: () => failure },
    )
    Readable.from(['b'], { objectMode: false }).pipe(stream)
    await expect(stream.toArray()).rejects.toBe(failure)
  })

  it('decides with the last byte, before the stream ends', async () => {
    for (const [text, verified] of [
      ['right', true],
      ['wrong', false],
    ] as const) {
      const stream = new VerifyingStream({ digest: digestOf(Buffer.from('right')), size: 5 })
      const failed = new Promise((resolve) => stream.once('error', resolve))
      stream.write(text.slice(0, 4))
      expect(stream.isVerified).toBe(false)
      stream.write(text.slice(4))
      if (!verified) expect(await failed).toMatchObject({ code: 'DIGEST_MISMATCH' })
      expect(stream.isVerified).toBe(verified)
      stream.destroy()
    }
  })

  it('of no bytes is verified at once, if the digest is that of no bytes', () => {
    const none = (digest: Digest) => new VerifyingStream({ digest, size: 0 }).isVerified
    expect(none(digestOf(Buffer.alloc(0)))).toBe(true)
    expect(none(digestOf(Buffer.from('x')))).toBe(false)
  })

  it('fails with the converted error also if bytes are missing at the end', async () => {
    const expected = { digest: digestOf(Buffer.from('abc')), size: 3 }
    const stream = new VerifyingStream(expected, { toStreamError: () => new Error('converted') })
    Readable.from([Buffer.from('ab')]).pipe(stream)
    await expect(stream.resume().toArray()).rejects.toThrow('converted')
  })
})
