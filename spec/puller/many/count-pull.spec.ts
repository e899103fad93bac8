import { Subject } from 'rxjs'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import type { PullEvent } from '../../../lib/events/index.js'
import type { Pull } from '../../../puller/index.js'
import { countPull } from '../../../puller/many/count-pull.js'

describe('the cost of a pull', () => {
  /** A pull whose events and end the test makes. */
  function counted() {
    const events = new Subject<PullEvent>()
    let end = (): void => undefined
    const done = new Promise<void>((resolve) => (end = resolve))
    const pull = { done, events } as unknown as Pull
    const running = { done, cancel: () => undefined, closed: () => Promise.resolve() } as never
    const costs = countPull(running, pull)
    const layer = { digest: 'sha256:1', total: 100 }
    const emit = (event: object): void =>
      events.next({ seq: 1, pull: 'p', time: new Date(0).toISOString(), ...event } as PullEvent)
    return {
      ...{ end: () => end(), cost: () => costs.cost() },
      plan: (offset: number) =>
        emit({
          ...{ type: 'plan', layers: [{ digest: layer.digest, size: 100, action: 'resume', offset }] },
          bytes: { total: 100, toDownload: 100 - offset },
        }),
      fetched: (current: number) => emit({ type: 'layer', status: 'downloading', current, ...layer }),
    }
  }

  it('is nothing before it is known, then what the store did not have', () => {
    const { cost, plan, fetched } = counted()
    expect(cost().bytes).toEqual({ total: 0, downloaded: 0 })
    plan(40)
    fetched(70)
    expect(cost().bytes).toEqual({ total: 100, downloaded: 30 })
  })

  it('is never below zero, also if a download starts over', () => {
    const { cost, plan, fetched } = counted()
    plan(40)
    fetched(10)
    expect(cost().bytes).toEqual({ total: 100, downloaded: 0 })
  })

  it('takes time until its end, and none after it', async () => {
    const now = vi.spyOn(performance, 'now').mockReturnValue(1_000)
    onTestFinished(() => now.mockRestore())
    const { cost, end } = counted()
    now.mockReturnValue(1_500)
    expect(cost().duration).toBe(500)
    now.mockReturnValue(1_700)
    end()
    await new Promise((resolve) => setImmediate(resolve))
    now.mockReturnValue(9_000)
    expect(cost().duration).toBe(700)
  })
})
