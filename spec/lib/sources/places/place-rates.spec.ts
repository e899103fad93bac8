import { describe, expect, it } from 'vitest'
import { PlaceRates } from '../../../../lib/sources/places/place-rates.js'

const KiB = 1024

describe('the rates of places', () => {
  /** Reports whether a transfer of `bytes` from `a` in a second is behind, after `b` sent 1 MiB in a second. */
  function isBehind(bytes: number, hosts: readonly string[] = ['a', 'b']): boolean {
    const rates = new PlaceRates()
    rates.record('b', 1024 * KiB, 1_000)
    return rates.isBehind('a', { bytes, milliseconds: 1_000 }, hosts)
  }

  it('show that a place is behind if it sends less than a quarter of what another one has sent', () => {
    expect([isBehind(256 * KiB), isBehind(256 * KiB - 1), isBehind(0)]).toEqual([false, true, true])
  })

  it('are compared only with those of places that have the blob, and not with that of the place itself', () => {
    expect([isBehind(0, ['a', 'c']), isBehind(0, ['a'])]).toEqual([false, false])
    const rates = new PlaceRates()
    rates.record('a', 1024 * KiB, 1_000)
    expect(rates.isBehind('a', { bytes: 0, milliseconds: 1_000 }, ['a', 'b'])).toBe(false)
  })

  it('are those of the last transfer of at least 256 KiB for which the reader waited', () => {
    const rates = new PlaceRates()
    const isSlow = (): boolean => rates.isBehind('a', { bytes: KiB, milliseconds: 1_000 }, ['a', 'b'])
    rates.record('b', 256 * KiB - 1, 1)
    rates.record('b', 1024 * KiB, 0)
    expect(isSlow()).toBe(false)
    rates.record('b', 256 * KiB, 1_000)
    expect(isSlow()).toBe(true)
    rates.record('b', 256 * KiB, 1_000_000)
    expect(isSlow()).toBe(false)
  })

  it('do not show anything in the first millisecond of a transfer', () => {
    const rates = new PlaceRates()
    rates.record('b', 1024 * KiB, 1_000)
    expect(rates.isBehind('a', { bytes: 1024, milliseconds: 0 }, ['a', 'b'])).toBe(false)
  })
})
