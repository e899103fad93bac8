import { NEVER, Subject } from 'rxjs'
import { describe, expect, it } from 'vitest'
import { WindlassError } from '../../lib/errors.js'
import { type FlowEvent, Scope } from '../../lib/flow/index.js'
import { digestOf } from '../../lib/image/index.js'
import { type Brought, Expectations, LayerFlights, type LayerTask } from '../../lib/stages/index.js'

const digest = digestOf(Buffer.from('layer'))
const [right, wrong] = [digestOf(Buffer.from('right')), digestOf(Buffer.from('wrong'))]
const task = { descriptor: { mediaType: 'x', digest, size: 100 }, diffID: undefined } as unknown as LayerTask

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

  it('S2-46 tell who joins late the present state, then what follows', () => {
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

  it('say nothing of a flight that is over', () => {
    const flights = new LayerFlights()
    const results = new Subject<Brought>()
    const first = listening()
    flights
      .join(
        'k',
        task,
        (_, own) => {
          own.emit(progress(10))
          return results
        },
        first.scope,
      )
      .subscribe({ error: () => undefined })
    results.error(new Error('broken'))
    const second = listening()
    flights.join('k', task, () => NEVER, second.scope).subscribe()
    expect(second.heard).toEqual([])
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
})
