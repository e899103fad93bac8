import { describe, expect, it } from 'vitest'
import { type Failure, firstMatch, retrying, skipping } from '../../../../lib/flow/index.js'

const failure = (attempt: number, error: unknown = new Error('no')): Failure => ({
  actor: 'download',
  message: 'layer',
  error,
  attempt,
})

describe('supervisors', () => {
  it('retrying tries again so many times after the first', () => {
    const supervise = retrying({ times: 2 })
    expect([1, 2, 3].map((attempt) => supervise(failure(attempt)))).toEqual([
      { retry: 0 },
      { retry: 0 },
      undefined,
    ])
  })

  it('retrying waits as told, and only for what it is for', () => {
    expect(retrying({ times: 1, delay: 30 })(failure(1))).toEqual({ retry: 30 })
    const supervise = retrying({
      times: 9,
      delay: ({ attempt }) => attempt * 10,
      when: ({ error }) => error === 'busy',
    })
    expect(supervise(failure(3, 'busy'))).toEqual({ retry: 30 })
    expect(supervise(failure(3, 'gone'))).toBeUndefined()
  })

  it('skipping drops what it is for', () => {
    const supervise = skipping(({ error }) => error === 'gone')
    expect([supervise(failure(1, 'gone')), supervise(failure(1, 'busy'))]).toEqual(['skip', undefined])
  })

  it('the first that has an opinion decides', () => {
    const supervise = firstMatch(
      retrying({ times: 1 }),
      skipping(({ error }) => error === 'gone'),
      () => 'stop',
    )
    expect(supervise(failure(1, 'gone'))).toEqual({ retry: 0 })
    expect(supervise(failure(2, 'gone'))).toBe('skip')
    expect(supervise(failure(2))).toBe('stop')
    expect(firstMatch()(failure(1))).toBeUndefined()
  })
})
