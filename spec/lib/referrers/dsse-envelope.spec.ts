import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { dssePayload } from '../../../lib/referrers/index.js'

const envelope = (payload: Buffer) => ({
  payloadType: 'application/vnd.in-toto+json',
  payload: payload.toString('base64'),
  signatures: [],
})

describe('the payload of an attestation', () => {
  it('is decoded from an envelope and from a bundle', () => {
    fc.assert(
      fc.property(fc.uint8Array(), fc.boolean(), (content, isBundle) => {
        const dsseEnvelope = envelope(Buffer.from(content))
        const bytes = Buffer.from(JSON.stringify(isBundle ? { dsseEnvelope } : dsseEnvelope))
        const { payload, payloadType } = dssePayload(bytes)
        expect(payload).toEqual(Buffer.from(content))
        expect(payloadType).toBe('application/vnd.in-toto+json')
      }),
    )
  })

  it.each(['', '{', '[]', '{"payload": 1, "payloadType": ""}', '{"dsseEnvelope": {}}'])(
    'is an error for %j',
    (text) => {
      expect(() => dssePayload(Buffer.from(text))).toThrow(
        expect.objectContaining({ code: 'SIGNATURE_INVALID' }),
      )
    },
  )
})
