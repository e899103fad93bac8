import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { isSigned, payloadIfSigned, signedPayload } from '../../../../lib/image/schema1/payload.js'
import { bytesOf, schema1, schema1Payload, addSignatures } from '../../../../testbench/documents/documents.js'
import { failure } from '../../../support/image/failure.js'

const document = { code: 'MANIFEST_INVALID', what: 'it' } as const
const payload = (bytes: Buffer): string =>
  Buffer.from(signedPayload(bytes, JSON.parse(bytes.toString()), document)).toString()

/** A signed manifest whose `formatLength` is one byte more than the length of the whole manifest. */
function signingOneByteMore(length = 1000): Buffer {
  const bytes = addSignatures(schema1Payload, 1, { formatLength: length })
  return bytes.length + 1 === length ? bytes : signingOneByteMore(bytes.length + 1)
}
const oneByteMore = signingOneByteMore()

describe('signedPayload', () => {
  it('is the signed content, byte for byte (S2-19, S2-76)', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string({ unit: 'binary' }), fc.jsonValue(), { minKeys: 1 }), (value) => {
        fc.pre(!Object.hasOwn(value, 'signatures') && !Object.hasOwn(value, '__proto__'))
        const text = JSON.stringify(value, undefined, 3)
        expect(payload(addSignatures(text))).toBe(text)
      }),
      { numRuns: 300 },
    )
  })

  it.each([
    [
      'more than the body',
      addSignatures(schema1Payload, 1, { formatLength: 1e6 }),
      'they sign 1000000 bytes',
    ],
    ['a byte more than the body', oneByteMore, `of a body of ${oneByteMore.length}`],
    [
      'a negative length',
      addSignatures(schema1Payload, 1, { formatLength: -1 }),
      'formatLength: expected a size',
    ],
    [
      'no tail',
      addSignatures(schema1Payload, 1, { formatTail: undefined }),
      'formatTail: expected unpadded base64url',
    ],
    ['no signature', addSignatures(schema1Payload, 0), 'there are none'],
  ])('refuses signatures of %s', (_, bytes, problem) => {
    const error = failure(() => payload(bytes))
    expect(error.code).toBe('MANIFEST_INVALID')
    expect(error.message).toContain(problem)
  })

  it('rejects signatures of different payloads, and headers that are not JSON', () => {
    const body = JSON.parse(addSignatures(schema1Payload, 2).toString()) as {
      signatures: { protected: string }[]
    }
    const [first, second] = body.signatures
    const format = JSON.parse(Buffer.from(first!.protected, 'base64url').toString()) as object
    const tail = Buffer.from(JSON.stringify({ ...format, formatTail: 'fQ' })).toString('base64url')
    expect(
      failure(() => payload(bytesOf({ ...body, signatures: [first, { ...second, protected: tail }] })))
        .message,
    ).toContain('different payloads')
    const other = Buffer.from('{"formatLength":1,"formatTail":"fQ"}').toString('base64url')
    expect(
      failure(() => payload(bytesOf({ ...body, signatures: [first, { ...second, protected: other }] })))
        .message,
    ).toContain('different payloads')
    for (const header of ['', '!!', Buffer.from('nope').toString('base64url')])
      expect(failure(() => payload(bytesOf({ ...body, signatures: [{ protected: header }] }))).code).toBe(
        'MANIFEST_INVALID',
      )
  })

  it('exists only in signed manifests', () => {
    expect(isSigned(schema1)).toBe(false)
    expect(payloadIfSigned(bytesOf(schema1), document)).toBeUndefined()
    expect(payloadIfSigned(Buffer.from('x'), document)).toBeUndefined()
    expect(Buffer.from(payloadIfSigned(addSignatures(schema1Payload), document) ?? '').toString()).toBe(
      schema1Payload,
    )
  })
})
