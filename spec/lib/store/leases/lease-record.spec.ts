import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type Digest, digestOf } from '../../../../lib/image/index.js'
import {
  formatLease,
  hasExpired,
  type LeaseRecord,
  parseLease,
} from '../../../../lib/store/leases/lease-record.js'

const digest = fc.string().map((text): Digest => digestOf(Buffer.from(text)))
const records: fc.Arbitrary<LeaseRecord> = fc.record(
  {
    id: fc.stringMatching(/^[0-9a-f]{16}$/),
    owner: fc.string(),
    image: fc.string(),
    digest,
    createdAt: fc.nat(),
    expiresAt: fc.nat(),
    holds: fc.array(digest, { maxLength: 4 }),
  },
  { requiredKeys: ['id', 'owner', 'image', 'digest', 'createdAt', 'holds'] },
)

describe('the record of a lease', () => {
  it('is read as it was written', () => {
    fc.assert(
      fc.property(records, (record) => {
        expect(parseLease(formatLease(record), record.id)).toEqual(record)
      }),
    )
  })

  it('with any changed character is not read', () => {
    fc.assert(
      fc.property(records, fc.nat(), fc.constantFrom('x', '0', '"', ' ', ','), (record, at, other) => {
        const text = formatLease(record)
        const place = at % text.length
        const changed = text.slice(0, place) + other + text.slice(place + 1)
        const parsed = parseLease(changed, record.id)
        // Only white space between the members carries no information.
        if (/\S/.test(text[place]!) && other !== text[place]) expect(parsed).toBeUndefined()
        else expect(parsed === undefined || parsed.id === record.id).toBe(true)
      }),
    )
  })

  it('of another id or of a newer version is not read', () => {
    const record: LeaseRecord = {
      ...{ id: '0123456789abcdef', owner: 'a', image: 'b', createdAt: 1, holds: [] },
      digest: digestOf(Buffer.from('')),
    }
    expect(parseLease(formatLease(record), 'fedcba9876543210')).toBeUndefined()
    expect(parseLease(formatLease(record).replace('"version": 1', '"version": 2'), record.id)).toBeUndefined()
    for (const text of ['', '{', 'null', '[]', '{}']) expect(parseLease(text, record.id)).toBeUndefined()
  })

  it('says when the lease has ended', () => {
    expect([hasExpired({ expiresAt: 5 }, 4), hasExpired({ expiresAt: 5 }, 5), hasExpired({}, 9e15)]).toEqual([
      false,
      true,
      false,
    ])
  })
})
