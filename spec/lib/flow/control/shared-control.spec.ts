import { describe, expect, it } from 'vitest'
import { SharedControl, WorkControl } from '../../../../lib/flow/index.js'

describe('a shared control', () => {
  it('is paused while all waiters are, and emits when that may have changed', () => {
    const shared = new SharedControl()
    const seen: boolean[] = []
    shared.changes.subscribe(() => seen.push(shared.paused))
    const [one, other] = [new WorkControl(), new WorkControl()]
    const leaveOne = shared.add(one)
    const leaveOther = shared.add(other)
    one.setPaused(true)
    expect(shared.paused).toBe(false)
    leaveOther()
    expect(shared.paused).toBe(true)
    const leaveAny = shared.add(undefined)
    expect(shared.paused).toBe(false)
    leaveAny()
    one.setPaused(false)
    leaveOne()
    one.setPaused(true)
    expect(shared.paused).toBe(false)
    expect(seen).toEqual([false, false, false, true, false, true, false, false])
  })

  it('has the highest priority of the waiters that are not paused', () => {
    const shared = new SharedControl()
    const [one, other] = [new WorkControl(), new WorkControl()]
    expect(shared.priority).toBe(0)
    shared.add(one)
    one.priority = -2
    expect(shared.priority).toBe(-2)
    shared.add(other)
    other.priority = 5
    expect(shared.priority).toBe(5)
    other.setPaused(true)
    expect(shared.priority).toBe(-2)
    shared.add(undefined)
    expect(shared.priority).toBe(0)
  })
})
