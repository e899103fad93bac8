import { NEVER, Subject } from 'rxjs'
import { describe, expect, it } from 'vitest'
import { WindlassError } from '../../../../lib/errors.js'
import { type FlowEvent, Scope, WorkControl } from '../../../../lib/flow/index.js'
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

describe('flights (shared downloads) of layers', () => {
  const progress = (current: number, host?: string): FlowEvent => ({
    ...{ type: 'layer', digest, status: 'downloading', current, total: 100 },
    ...(host !== undefined && { host }),
  })
  const warning = { type: 'warning', code: 'x', message: 'odd' }

  it('report the current state to a late subscriber, then later events (S2-46)', () => {
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

  it('report at most 50 warnings to a late subscriber', () => {
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

  it('ignore the expectations of pulls that have unsubscribed', async () => {
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

  it('have the expectations and the pauses of pulls that join after another has unsubscribed', async () => {
    const flights = new LayerFlights()
    let shared: SharedLayerTask | undefined
    const bring = (own: SharedLayerTask) => {
      shared ??= own
      return NEVER
    }
    const who = (diffID: Digest, control: WorkControl): LayerTask => ({
      ...{ ...task, control },
      diffID: Promise.resolve(diffID),
    })
    const controls = Array.from({ length: 3 }, () => new WorkControl())
    const [first, second] = controls.map((control) =>
      flights.join('k', who(wrong, control), bring, new Scope()).subscribe(),
    )
    second!.unsubscribe()
    const third = flights.join('k', who(right, controls[2]!), bring, new Scope()).subscribe()
    await expect(shared!.confirm(right)).resolves.toBeUndefined()
    controls[0]!.setPaused(true)
    expect(shared!.control!.paused).toBe(false)
    controls[2]!.setPaused(true)
    expect(shared!.control!.paused).toBe(true)
    first!.unsubscribe()
    third.unsubscribe()
  })

  it('report nothing about a flight that has ended', () => {
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
  /** Joins as `who`. Records every start of a download; the test ends it. */
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
  ])('for a reason of its own request does not fail a pull with %s', async (_what, other) => {
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

  it('fails all pulls with the same request after one attempt', async () => {
    const { started, ends, ended, join } = scene()
    join(task)
    join(taskOf('a'))
    ends[0]!.error(denied)
    await settled()
    expect(started).toHaveLength(1)
    expect(ended).toHaveLength(2)
  })

  it('fails all pulls if every request would fail: no network, an invalid layer', async () => {
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

  it('is tried once with each request, one after another, and each pull receives its own error', async () => {
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

describe('the expected diffIDs of one layer', () => {
  it('accept the layer if one pull expects its diffID', async () => {
    const expected = new Expectations()
    expected.add(Promise.resolve(wrong))
    expected.add(Promise.resolve(right))
    await expect(expected.confirm(right, digest)).resolves.toBeUndefined()
  })

  it('accept any layer if one pull has no expectation', async () => {
    const expected = new Expectations()
    expected.add(Promise.resolve(wrong))
    expected.add(undefined)
    await expect(expected.confirm(right, digest)).resolves.toBeUndefined()
  })

  it('reject the layer when all remaining pulls expect another diffID or have failed', async () => {
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

  it('include a pull that joins during the comparison', async () => {
    const expected = new Expectations()
    expected.add(new Promise(() => undefined))
    const confirmed = expected.confirm(right, digest)
    expected.add(Promise.resolve(right))
    await expect(confirmed).resolves.toBeUndefined()
  })

  it('fail with `OtherAlgorithm` if a pull expects a digest of another algorithm', async () => {
    const expected = new Expectations()
    expected.add(Promise.resolve(wrong))
    expected.add(Promise.resolve(digestOf(Buffer.from('right'), 'sha512')))
    await expect(expected.confirm(right, digest)).rejects.toMatchObject({ algorithm: 'sha512' })
  })

  it('have the digest algorithm of a pull that still waits', async () => {
    const expected = new Expectations()
    const leave = expected.add(Promise.resolve(digestOf(Buffer.from('right'), 'sha512')))
    expect(expected.algorithm).toBeUndefined()
    await new Promise(setImmediate)
    expect(expected.algorithm).toBe('sha512')
    leave()
    expect(expected.algorithm).toBeUndefined()
    expect(expected.size).toBe(0)
    const never = expected.add(Promise.resolve(right))
    never()
    await new Promise(setImmediate)
    expect(expected.algorithm).toBeUndefined()
  })
})
