/** Leases as text. */
import { describe, expect, it } from 'vitest'
import { describeLease, formatTime } from '../../../cli/render/lease.js'

describe('a lease', () => {
  it('is described with its owner, without control characters, and with its end if it has one', () => {
    const lease = { id: '0123456789abcdef', owner: 'CI\u001b[2J' }
    expect(describeLease(lease)).toBe('the lease 0123456789abcdef of CI\\u{1b}[2J')
    const expiresAt = Date.UTC(2026, 0, 2, 3, 4, 5, 678)
    expect(describeLease({ ...lease, expiresAt })).toMatch(/ until 2026-01-02T03:04:05Z$/)
  })

  it('may end later than a date can express', () => {
    expect(formatTime(8.64e15)).toBe('+275760-09-13T00:00:00Z')
    expect(formatTime(8.64e15 + 1)).toBe('the end of time')
  })
})
