import { expect, it } from 'vitest'
import { rateLimitFinding } from '../../../doctor/checks/rate-limit.js'

it.each([
  [{ remaining: 76, limit: 100, window: 21_600 }, 'ok', 'Hub allows 76 of 100 more requests in 6 hours.'],
  [{ remaining: 9, limit: 100 }, 'note', 'Hub allows 9 of 100 more requests.'],
  [{ remaining: 50, limit: 1_000 }, 'note', 'Hub allows 50 of 1,000 more requests.'],
  [
    { remaining: 0, limit: 100, reset: 30, source: '192.0.2.1' },
    'problem',
    'Hub allows 0 of 100 more requests, counted for 192.0.2.1, and more in 30 seconds.',
  ],
])('%j is %s', (limit, state, message) => {
  expect(rateLimitFinding(limit, 'Hub')).toMatchObject({ state, message })
})
