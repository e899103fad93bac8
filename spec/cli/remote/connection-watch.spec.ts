import { describe, expect, it, vi } from 'vitest'
import { failWhenLost } from '../../../cli/remote/connection-watch.js'
import { WindlassError } from '../../../lib/errors.js'

const lost = (message: string) => ({
  ...{ state: 'lost' as const, triesAt: 0, error: new WindlassError('NETWORK', message) },
})

function withFakeTimers(test: () => void): void {
  vi.useFakeTimers()
  try {
    test()
  } finally {
    vi.useRealTimers()
  }
}

describe('a connection that is lost', () => {
  it('fails once with the last error, ten seconds after it was lost first', () =>
    withFakeTimers(() => {
      const failures: string[] = []
      const { onConnection } = failWhenLost(({ message }) => failures.push(message))
      onConnection(lost('first'))
      vi.advanceTimersByTime(6_000)
      onConnection(lost('second'))
      vi.advanceTimersByTime(3_999)
      expect(failures).toEqual([])
      vi.advanceTimersByTime(1)
      expect(failures).toEqual(['second'])
    }))

  it('does not fail if it is made again, or is not needed any more', () =>
    withFakeTimers(() => {
      const failures: unknown[] = []
      const { onConnection, end } = failWhenLost((error) => failures.push(error))
      onConnection(lost('for a moment'))
      vi.advanceTimersByTime(5_000)
      onConnection(lost('still'))
      vi.advanceTimersByTime(4_000)
      onConnection({ state: 'connected' })
      expect(vi.getTimerCount()).toBe(0)
      vi.advanceTimersByTime(60_000)
      onConnection(lost('again'))
      vi.advanceTimersByTime(9_999)
      end()
      expect(vi.getTimerCount()).toBe(0)
      expect(failures).toEqual([])
    }))
})
