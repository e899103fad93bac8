import { describe, expect, it } from 'vitest'
import { Rate } from '../../../cli/render/rate.js'

describe('Rate', () => {
  it('is undefined at first, then covers only the last seconds', () => {
    const rate = new Rate()
    rate.add(0, 0)
    rate.add(400, 400)
    expect(rate.perSecond).toBeUndefined()
    rate.add(1000, 1000)
    expect(rate.perSecond).toBe(1000)
    for (let at = 1100; at <= 10_000; at += 100) rate.add(at, 1000)
    expect(rate.perSecond).toBe(0)
  })

  it('starts over when the byte count falls', () => {
    const rate = new Rate()
    rate.add(0, 0)
    rate.add(1000, 5000)
    rate.add(1100, 0)
    expect(rate.perSecond).toBeUndefined()
    rate.add(2100, 700)
    expect(rate.perSecond).toBe(700)
  })
})
