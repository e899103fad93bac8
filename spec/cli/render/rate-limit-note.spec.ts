import { expect, it } from 'vitest'
import { describeRateLimit, isRateLimitLow, rateLimitNote } from '../../../cli/render/rate-limit-note.js'

const manifest = { digest: 'sha256:1', mediaType: 'x', size: 1, host: 'registry-1.docker.io' }

it('says something only when few requests are left', () => {
  const note = (remaining: number, limit?: number): string =>
    rateLimitNote({
      manifests: [{ ...manifest, rateLimit: { remaining, ...(limit && { limit }) } }, manifest],
    })
  expect(note(76, 100)).toBe('')
  expect(note(10, 100)).toBe('')
  expect(note(9, 100)).toBe(' (registry-1.docker.io: 9 of 100 requests are left)')
  expect(note(99, 1_000)).toBe(' (registry-1.docker.io: 99 of 1,000 requests are left)')
  expect(note(10)).toBe('')
  expect(note(1)).toBe(' (registry-1.docker.io: 1 requests is left)'.replace('requests', 'request'))
  expect(rateLimitNote({ manifests: [manifest] })).toBe('')
  expect(isRateLimitLow({ remaining: 0 })).toBe(true)
  expect(describeRateLimit({ remaining: 2, limit: 100, window: 21_600, reset: 30 })).toBe(
    '2 of 100 requests in 6 hours are left, and more in 30 seconds',
  )
})
