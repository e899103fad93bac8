import { describe, expect, it } from 'vitest'
import type { PullEvent } from '../../../lib/events/event.js'
import { newPullId } from '../../../lib/events/pull-id.js'
import { Replay } from '../../../lib/events/replay.js'

function replayed(...events: readonly object[]): object[] {
  const replay = new Replay()
  for (const [at, event] of events.entries()) replay.add({ seq: at, ...event } as PullEvent)
  return replay.events().map(({ seq }) => seq as unknown as object)
}

describe('the events for a late subscriber', () => {
  it('have the last event of each layer and of each type, in their order', () => {
    const [a, b] = ['a', 'b'].map((digest) => ({ type: 'layer', digest }))
    expect(replayed({ type: 'start' }, { type: 'plan' }, a!, b!, { type: 'plan' }, a!)).toEqual([0, 3, 4, 5])
  })

  it('have all manifests and warnings, and no request', () => {
    const all = ['manifest', 'warning', 'manifest', 'warning', 'request']
    expect(replayed(...all.map((type) => ({ type })))).toEqual([0, 1, 2, 3])
  })

  it('have the last of pauses and resumptions', () => {
    expect(replayed({ type: 'paused' }, { type: 'resumed' })).toEqual([1])
    expect(replayed({ type: 'paused' }, { type: 'resumed' }, { type: 'paused' })).toEqual([2])
  })
})

describe('the id of a pull', () => {
  it('is twelve hexadecimal digits, another each time', () => {
    const ids = Array.from({ length: 200 }, newPullId)
    for (const id of ids) expect(id).toMatch(/^[0-9a-f]{12}$/)
    expect(new Set(ids).size).toBe(200)
  })
})
