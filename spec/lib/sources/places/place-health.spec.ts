import { describe, expect, it } from 'vitest'
import { WindlassError } from '../../../../lib/errors.js'
import { isAbsence } from '../../../../lib/image/index.js'
import { PlaceHealth } from '../../../../lib/sources/places/place-health.js'

const second = 1000
const minute = 60 * second
const mirror = { host: 'mirror.lan:5000', repository: 'team/app' }
const sibling = { ...mirror, repository: 'team/other' }
const unreachable = new WindlassError('NETWORK', 'the connection was refused')
const denied = new WindlassError('DENIED', 'no access')
const wrongBytes = new WindlassError('DIGEST_MISMATCH', 'wrong bytes')

/** The record of failures, and a clock that only the test moves. */
function health() {
  let now = 5 * minute
  const record = new PlaceHealth(() => now)
  const wait = (milliseconds: number): void => void (now += milliseconds)
  /** Returns after how many milliseconds the mirror is asked again. */
  const pause = (place = mirror): number => {
    const start = now
    while (!record.mayAsk(place)) now += second
    return now - start
  }
  return { record, wait, pause }
}

describe('the failures of mirrors', () => {
  it('pause a mirror for 30 s, then twice as long each time, up to 5 minutes', () => {
    const { record, pause } = health()
    expect(record.mayAsk(mirror)).toBe(true)
    const pauses = Array.from({ length: 6 }, () => {
      record.recordFailure(mirror, unreachable)
      return pause() / second
    })
    expect(pauses).toEqual([30, 60, 120, 240, 300, 300])
  })

  it('of requests that ran at the same time count once', () => {
    const { record, wait, pause } = health()
    for (let at = 0; at < 8; at++) record.recordFailure(mirror, unreachable)
    expect(pause()).toBe(30 * second)
    record.recordFailure(mirror, unreachable)
    wait(10 * second)
    record.recordFailure(mirror, unreachable)
    expect(pause()).toBe(60 * second)
  })

  it('concern all repositories of the mirror, except a refusal of access', () => {
    const { record, wait } = health()
    record.recordFailure(mirror, denied)
    expect([record.mayAsk(mirror), record.mayAsk(sibling)]).toEqual([false, true])
    record.recordFailure(mirror, unreachable)
    expect([record.mayAsk(mirror), record.mayAsk(sibling)]).toEqual([false, false])
    wait(30 * second)
    expect([record.mayAsk(mirror), record.mayAsk(sibling)]).toEqual([false, true])
    expect(record.mayAsk({ host: 'other.lan' })).toBe(true)
  })

  it.each(['UNAUTHORIZED', 'DENIED', 'CHALLENGE_INVALID'] as const)(
    'pause a repository for 5 minutes: %s',
    (code) => {
      const { record, pause } = health()
      record.recordFailure(mirror, new WindlassError(code, 'refused'))
      expect(pause()).toBe(5 * minute)
    },
  )

  it.each(['DIGEST_MISMATCH', 'SIZE_MISMATCH'] as const)(
    'pause a mirror that sent wrong bytes for 10 minutes: %s',
    (code) => {
      const { record, pause } = health()
      record.recordFailure(mirror, new WindlassError(code, 'wrong bytes'))
      expect(record.mayAsk(sibling)).toBe(false)
      expect(pause()).toBe(10 * minute)
    },
  )

  it('never make a pause shorter', () => {
    const { record, wait, pause } = health()
    record.recordFailure(mirror, wrongBytes)
    wait(second)
    record.recordFailure(mirror, unreachable)
    expect(pause()).toBe(10 * minute - second)
  })

  it('pause a mirror for as long as it asks for', () => {
    const { record, pause } = health()
    const busy = new WindlassError('TOO_MANY_REQUESTS', 'too many requests', { retryAfter: 2 * minute })
    record.recordFailure(mirror, busy)
    expect(pause()).toBe(2 * minute)
  })

  it('are none if the mirror only does not have something', () => {
    const { record } = health()
    for (const code of ['BLOB_UNKNOWN', 'MANIFEST_UNKNOWN'] as const) {
      const error = new WindlassError(code, 'not here')
      expect(isAbsence(error)).toBe(true)
      record.recordFailure(mirror, error)
    }
    expect(record.mayAsk(mirror)).toBe(true)
    for (const error of [unreachable, denied, wrongBytes]) expect(isAbsence(error)).toBe(false)
  })

  it('are forgotten after a success, but not during a pause', () => {
    const { record, wait, pause } = health()
    record.recordFailure(mirror, unreachable)
    // A response to a request that was sent before the failure.
    record.recordSuccess(mirror)
    expect(record.mayAsk(mirror)).toBe(false)
    wait(30 * second)
    record.recordSuccess(mirror)
    record.recordFailure(mirror, unreachable)
    expect(pause()).toBe(30 * second)
  })
})
