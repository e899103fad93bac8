import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parseRateLimit } from '../../../../lib/registry/headers/rate-limit.js'

describe('parseRateLimit', () => {
  it.each([
    [
      'Docker Hub',
      {
        'ratelimit-limit': '100;w=21600',
        'ratelimit-remaining': '76;w=21600',
        'docker-ratelimit-source': '192.0.2.1',
      },
      { limit: 100, remaining: 76, window: 21_600, source: '192.0.2.1' },
    ],
    [
      'several windows, of which the one with least left counts',
      { 'ratelimit-limit': '100;w=60, 1000;w=3600', 'ratelimit-remaining': '50;w=60, 3;w=3600' },
      { limit: 1_000, remaining: 3, window: 3_600 },
    ],
    [
      'draft 03 without windows',
      { 'ratelimit-limit': '10', 'ratelimit-remaining': '0', 'ratelimit-reset': '30' },
      { limit: 10, remaining: 0, reset: 30 },
    ],
    ['draft 07', { ratelimit: 'limit=100, remaining=5, reset=9' }, { limit: 100, remaining: 5, reset: 9 }],
    [
      'draft 07 with a policy',
      { ratelimit: 'remaining=5, reset=9', 'ratelimit-policy': '100;w=60' },
      { limit: 100, remaining: 5, reset: 9, window: 60 },
    ],
    [
      'draft 10',
      { ratelimit: '"default";r=50;t=30', 'ratelimit-policy': '"burst";q=9;w=1, "default";q=100;w=60' },
      { limit: 100, remaining: 50, reset: 30, window: 60 },
    ],
    ['only what is left', { 'ratelimit-remaining': '7' }, { remaining: 7 }],
    ['nothing', {}, undefined],
    ['only the limit', { 'ratelimit-limit': '100;w=21600' }, undefined],
    ['what is no number', { 'ratelimit-remaining': 'many' }, undefined],
    ['a negative number', { 'ratelimit-remaining': '-1' }, undefined],
    ['a number without end', { 'ratelimit-remaining': '9'.repeat(30) }, undefined],
  ])('reads %s', (_, headers, expected) => {
    expect(parseRateLimit(headers)).toEqual(expected)
  })

  it('makes the source safe to print', () => {
    const { source } =
      parseRateLimit({ 'ratelimit-remaining': '1', 'docker-ratelimit-source': '\u001b[31m' }) ?? {}
    expect(source).not.toContain('\u001b')
  })

  it('accepts any headers, and returns whole numbers only', () => {
    const header = fc.option(fc.oneof(fc.string(), fc.stringMatching(/^["a-z0-9;=, .-]*$/)), {
      nil: undefined,
    })
    const names = [
      'ratelimit',
      'ratelimit-policy',
      'ratelimit-limit',
      'ratelimit-remaining',
      'ratelimit-reset',
    ]
    fc.assert(
      fc.property(fc.tuple(...names.map(() => header)), (values) => {
        const headers = Object.fromEntries(
          names.flatMap((name, at) => (values[at] === undefined ? [] : [[name, values[at]] as const])),
        )
        const found = parseRateLimit(headers) ?? { remaining: 0 }
        expect(Object.values(found).every((each) => Number.isSafeInteger(each) && each >= 0)).toBe(true)
      }),
    )
  })
})
