import { NEVER, Subject } from 'rxjs'
import { describe, expect, it } from 'vitest'
import { WindlassError } from '../../../../lib/errors.js'
import { type FlowEvent, Scope } from '../../../../lib/flow/index.js'
import { type Digest, digestOf } from '../../../../lib/image/index.js'
import {
  type FetchedLayer,
  Expectations,
  LayerFlights,
  type LayerTask,
  type SharedLayerTask,
} from '../../../../lib/transfer/index.js'

const digest = digestOf(Buffer.from('layer'))
const [right, wrong] = [digestOf(Buffer.from('right')), digestOf(Buffer.from('wrong'))]
const taskOf = (repository: string, more: object = {}): LayerTask =>
  ({
    descriptor: { mediaType: 'x', digest, size: 100, ...more },
    source: { repository },
    diffID: undefined,
  }) as unknown as LayerTask
const task = taskOf('a')

const listening = (): { scope: Scope; heard: FlowEvent[] } => {
  const scope = new Scope()
  const heard: FlowEvent[] = []
  scope.events.subscribe((event) => heard.push(event))
  return { scope, heard }
}

describe('flights of layers', () => {
  const progress = (current: number, host?: string): FlowEvent => ({
    ...{ type: 'layer', digest, status: 'downloading', current, total: 100 },
    ...(host !== undefined && { host }),
  })
  const warning = { type: 'warning', code: 'x', message: 'odd' }

  it('tell who joins late the present state, then what follows (S2-46)', () => {
    const flights = new LayerFlights()
    let own = new Scope()
    const bring = (_: unknown, scope: Scope) => {
      own = scope
      return NEVER
    }
    const [first, second] = [listening(), listening()]
    const joined = [flights.join('k', task, bring, first.scope).subscribe()]
    own.emit(progress(10, 'host'))
    own.emit(warning)
    own.emit(progress(20))
    joined.push(flights.join('k', task, bring, second.scope).subscribe())
    expect(second.heard).toEqual([warning, progress(20, 'host')])
    own.emit(progress(30))
    expect(second.heard.at(-1)).toEqual(progress(30))
    expect(first.heard).toHaveLength(4)
    for (const each of joined) each.unsubscribe()
    expect(flights.size).toBe(0)
  })

  it('tell who joins late no more than 50 of the warnings', () => {
    const flights = new LayerFlights()
    let own = new Scope()
    const bring = (_: unknown, scope: Scope) => {
      own = scope
      return NEVER
    }
    const [first, second] = [listening(), listening()]
    const joined = [flights.join('k', task, bring, first.scope).subscribe()]
    for (let at = 0; at < 60; at++) own.emit({ ...warning, message: String(at) })
    joined.push(flights.join('k', task, bring, second.scope).subscribe())
    expect(first.heard).toHaveLength(60)
    expect(second.heard.map(({ message }) => message)).toEqual(Array.from({ length: 50 }, (_, at) => `${at}`))
    for (const each of joined) each.unsubscribe()
  })

  it('expect nothing any more of those who left', async () => {
    const flights = new LayerFlights()
    let shared: SharedLayerTask | undefined
    const bring = (own: SharedLayerTask) => {
      shared = own
      return NEVER
    }
    const who = (diffID: Digest): LayerTask => ({ ...task, diffID: Promise.resolve(diffID) })
    const first = flights.join('k', who(right), bring, new Scope()).subscribe()
    const second = flights.join('k', who(wrong), bring, new Scope()).subscribe()
    await expect(shared!.confirm(right)).resolves.toBeUndefined()
    first.unsubscribe()
    await expect(shared!.confirm(right)).rejects.toMatchObject({ code: 'DIFF_ID_MISMATCH' })
    second.unsubscribe()
  })

  it('say nothing of a flight that is over', () => {
    const flights = new LayerFlights()
    const results = new Subject<FetchedLayer>()
    const first = listening()
    let scope = new Scope()
    const bring = (_: unknown, own: Scope) => {
      scope = own
      return results
    }
    flights.join('k', task, bring, first.scope).subscribe({ error: () => undefined })
    scope.emit(progress(10))
    expect(first.heard).toEqual([progress(10)])
    results.error(new Error('broken'))
    const second = listening()
    flights.join('k', task, () => NEVER, second.scope).subscribe()
    expect(second.heard).toEqual([])
  })
})

describe('a flight that fails', () => {
  const denied = new WindlassError('DENIED', 'not for you')
  /** Joins as `who`; every start is noted, and waits for its end. */
  function scene() {
    const flights = new LayerFlights()
    const started: string[] = []
    const ends: Subject<FetchedLayer>[] = []
    const ended: string[] = []
    const join = (who: LayerTask) => {
      const name = JSON.stringify([who.source.repository, who.descriptor.size, who.descriptor.urls])
      const { scope, heard } = listening()
      const bring = () => {
        started.push(name)
        const end = new Subject<FetchedLayer>()
        ends.push(end)
        return end
      }
      flights.join('k', who, bring, scope).subscribe({
        next: () => ended.push(`${name} brought`),
        error: (error: WindlassError) => ended.push(`${name} ${error.code}`),
      })
      return heard
    }
    return { flights, started, ends, ended, join }
  }
  const settled = () => new Promise(setImmediate)

  it.each([
    ['another repository', taskOf('b')],
    ['other URLs', taskOf('a', { urls: ['https://x.example/'] })],
    ['another size', taskOf('a', { size: 99 })],
  ])('by a refusal of its own way does not end who joined it with %s', async (_what, other) => {
    const { flights, started, ends, ended, join } = scene()
    join(task)
    const heard = join(other)
    expect(started).toHaveLength(1)
    ends[0]!.error(denied)
    await settled()
    expect(ended).toEqual(['["a",100,null] DENIED'])
    expect(started).toHaveLength(2)
    expect(heard).toContainEqual(expect.objectContaining({ type: 'layer', status: 'restart', current: 0 }))
    ends[1]!.next(undefined)
    ends[1]!.complete()
    await settled()
    expect(ended).toHaveLength(2)
    expect(ended[1]).toMatch(/brought$/)
    expect(flights.size).toBe(0)
  })

  it.each([
    'DIGEST_MISMATCH',
    'SIZE_MISMATCH',
    'REGISTRY_RESPONSE',
    'REDIRECT_REFUSED',
    'CHALLENGE_INVALID',
    'NAME_UNKNOWN',
  ] as const)('by the %s of one repository is tried at the other', async (code) => {
    const { started, ends, ended, join } = scene()
    join(task)
    join(taskOf('b'))
    ends[0]!.error(new WindlassError(code, 'x'))
    await settled()
    expect(started).toHaveLength(2)
    ends[1]!.next(undefined)
    ends[1]!.complete()
    await settled()
    expect(ended).toEqual([`["a",100,null] ${code}`, '["b",100,null] brought'])
  })

  it('ends all that have the same way, with one attempt', async () => {
    const { started, ends, ended, join } = scene()
    join(task)
    join(taskOf('a'))
    ends[0]!.error(denied)
    await settled()
    expect(started).toHaveLength(1)
    expect(ended).toHaveLength(2)
  })

  it('ends everybody where any way would fail: a network that is gone, a layer that is none', async () => {
    for (const code of ['NETWORK', 'REGISTRY_UNAVAILABLE', 'LAYER_INVALID', 'STORE_FULL'] as const) {
      const { started, ends, ended, join } = scene()
      join(task)
      join(taskOf('b'))
      ends[0]!.error(new WindlassError(code, 'x'))
      await settled()
      expect(started).toHaveLength(1)
      expect(ended.map((each) => each.replace(/^\S+ /, ''))).toEqual([code, code])
    }
  })

  it('is tried once by each way, one after the other, and each hears of its own failure', async () => {
    const { flights, started, ends, ended, join } = scene()
    for (const who of ['a', 'b', 'b', 'c']) join(taskOf(who))
    ends[0]!.error(denied)
    await settled()
    ends[1]!.error(new WindlassError('BLOB_UNKNOWN', 'not here'))
    await settled()
    ends[2]!.error(new WindlassError('UNAUTHORIZED', 'who are you'))
    await settled()
    expect(started.map((each) => each.slice(2, 3))).toEqual(['a', 'b', 'c'])
    expect(ended.map((each) => each.replace('100,null', ''))).toEqual([
      '["a",] DENIED',
      '["b",] BLOB_UNKNOWN',
      '["b",] BLOB_UNKNOWN',
      '["c",] UNAUTHORIZED',
    ])
    expect(flights.size).toBe(0)
  })
})

describe('what pulls expect of one layer', () => {
  it('is met if one of them expects what came', async () => {
    const expected = new Expectations()
    expected.add(Promise.resolve(wrong))
    expected.add(Promise.resolve(right))
    await expect(expected.confirm(right, digest)).resolves.toBeUndefined()
  })

  it('is met by anything where one expects nothing', async () => {
    const expected = new Expectations()
    expected.add(Promise.resolve(wrong))
    expected.add(undefined)
    await expect(expected.confirm(right, digest)).resolves.toBeUndefined()
  })

  it('fails when all who are left expect something else, or have failed', async () => {
    const expected = new Expectations()
    expected.add(Promise.resolve(wrong))
    const leave = expected.add(new Promise(() => undefined))
    const confirmed = expected.confirm(right, digest)
    await new Promise(setImmediate)
    leave()
    await expect(confirmed).rejects.toMatchObject({ code: 'DIFF_ID_MISMATCH' })

    const failing = new Expectations()
    failing.add(Promise.reject(new WindlassError('NETWORK', 'no config')))
    await expect(failing.confirm(right, digest)).rejects.toMatchObject({ code: 'NETWORK' })
  })

  it('waits for who joins while it is being held against it', async () => {
    const expected = new Expectations()
    expected.add(new Promise(() => undefined))
    const confirmed = expected.confirm(right, digest)
    expected.add(Promise.resolve(right))
    await expect(confirmed).resolves.toBeUndefined()
  })

  it('fails with the algorithm that may hold all the same, where one of them expects that', async () => {
    const expected = new Expectations()
    expected.add(Promise.resolve(wrong))
    expected.add(Promise.resolve(digestOf(Buffer.from('right'), 'sha512')))
    await expect(expected.confirm(right, digest)).rejects.toMatchObject({ algorithm: 'sha512' })
  })

  it('is computed as somebody wants it who is still there', async () => {
    const expected = new Expectations()
    const leave = expected.add(Promise.resolve(digestOf(Buffer.from('right'), 'sha512')))
    expect(expected.algorithm).toBeUndefined()
    await new Promise(setImmediate)
    expect(expected.algorithm).toBe('sha512')
    leave()
    expect(expected.algorithm).toBeUndefined()
    expect(expected.size).toBe(0)
  })
})
