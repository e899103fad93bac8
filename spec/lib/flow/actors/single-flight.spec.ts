import { type Observable, NEVER, Subject, lastValueFrom, map, mergeMap, retry, timer, toArray } from 'rxjs'
import { describe, expect, it } from 'vitest'
import { Actor, Flow, Scope, SingleFlight, through } from '../../../../lib/flow/index.js'
import { sleep, tick, ticks } from '../../../support/flow-lines.js'

describe('SingleFlight', () => {
  it('emits the latest value to a late subscriber, then all later ones', () => {
    const source = new Subject<number>()
    const flights = new SingleFlight<string, number>()
    const seen: number[][] = [[], []]
    const join = (at: number) => flights.join('k', () => source).subscribe((value) => seen[at]!.push(value))
    const first = join(0)
    source.next(1)
    source.next(2)
    const second = join(1)
    source.next(3)
    expect(seen).toEqual([
      [1, 2, 3],
      [2, 3],
    ])
    first.unsubscribe()
    expect([source.observed, flights.size]).toEqual([true, 1])
    second.unsubscribe()
    expect([source.observed, flights.size]).toEqual([false, 0])
  })

  it('starts a new flight for a subscriber after the end', async () => {
    const flights = new SingleFlight<string, number>()
    let starts = 0
    const join = flights.join('k', () => Promise.resolve(++starts))
    expect(await Promise.all([lastValueFrom(join), lastValueFrom(join)])).toEqual([1, 1])
    expect(await lastValueFrom(join)).toBe(2)
  })

  it('frees the key before a failure is emitted: a retry in the error handler starts a new flight', async () => {
    const flights = new SingleFlight<string, number>()
    let starts = 0
    const join = flights.join('k', () => {
      const number = ++starts
      if (number === 3) return timer(1).pipe(map(() => 42))
      return timer(1).pipe(
        map((): number => {
          throw new Error(`no ${number}`)
        }),
      )
    })
    expect(
      await Promise.all([lastValueFrom(join.pipe(retry(5))), lastValueFrom(join.pipe(retry(5)))]),
    ).toEqual([42, 42])
    expect([starts, flights.size]).toEqual([3, 0])
  })

  it('emits a failure to all subscribers, and keeps no flight whose `start` throws', async () => {
    const flights = new SingleFlight<string, number>()
    const join = flights.join('k', () => {
      throw new Error('cannot start')
    })
    const results = await Promise.allSettled([lastValueFrom(join), lastValueFrom(join)])
    expect(results.map(({ status }) => status)).toEqual(['rejected', 'rejected'])
    expect(flights.size).toBe(0)
  })

  it('runs one flight per key, for keys of any type', () => {
    const flights = new SingleFlight<object, number>()
    const [one, other] = [{}, {}]
    flights.join(one, () => NEVER).subscribe()
    flights.join(other, () => NEVER).subscribe()
    expect(flights.size).toBe(2)
  })

  it('emits the events of a flight to the scopes of its subscribers only', () => {
    const flights = new SingleFlight<string, never>()
    let flight = new Scope()
    const start = (scope: Scope): Observable<never> => {
      flight = scope
      return NEVER
    }
    const scopes = [new Scope(), new Scope()]
    const heard: string[] = []
    scopes.forEach((scope, at) => scope.events.subscribe(({ type }) => heard.push(`${at} ${type}`)))
    const first = flights.join('k', start, scopes[0]).subscribe()
    flight.emit({ type: 'a' })
    flights.join('k', start, scopes[1]).subscribe()
    flight.emit({ type: 'b' })
    first.unsubscribe()
    flight.emit({ type: 'c' })
    expect(heard).toEqual(['0 a', '0 b', '1 b', '1 c'])
  })

  it('lets the scope of the last subscriber wait for the cleanups and the pending promise of the flight', async () => {
    const flights = new SingleFlight<string, void>()
    const log: string[] = []
    const scopes = [new Scope(), new Scope()]
    const start = (flight: Scope): Promise<void> => {
      flight.defer(() => sleep(4).then(() => log.push('cleared')))
      return sleep(8).then(() => void log.push('promise'))
    }
    const aboard = scopes.map((scope) => flights.join('k', start, scope).subscribe())
    for (const each of aboard) each.unsubscribe()
    expect(scopes.map((scope) => scope.idle)).toEqual([true, false])
    await scopes[1]!.close()
    expect(log).toEqual(['promise', 'cleared'])
  })

  it('starts the next flight of a key when the scope of the previous one is closed', async () => {
    const flights = new SingleFlight<string, number>()
    const log: string[] = []
    let number = 0
    const start = (flight: Scope): Observable<number> => {
      const name = String(++number)
      log.push(`${name} starts`)
      flight.defer(() => sleep(5).then(() => log.push(`${name} cleared`)))
      return timer(name === '1' ? 1000 : 1)
    }
    flights.join('k', start).subscribe().unsubscribe()
    await lastValueFrom(flights.join('k', start))
    expect(log).toEqual(['1 starts', '1 cleared', '2 starts'])
    await sleep(10)
  })

  it('starts the next flight at once if there are no cleanups', () => {
    const flights = new SingleFlight<string, never>()
    let starts = 0
    const join = flights.join('k', () => (starts++, NEVER))
    join.subscribe().unsubscribe()
    join.subscribe().unsubscribe()
    expect(starts).toBe(2)
  })
})

describe('slots and flights', () => {
  it('an actor shared by several runs does not deadlock if its slots are taken inside the flight', async () => {
    let now = 0
    let most = 0
    let served = 0
    const download = async (digest: string): Promise<string> => {
      served++
      most = Math.max(most, ++now)
      await tick()
      now--
      return digest
    }
    const downloads = new Actor(() => download, { name: 'downloads', slots: 3 })
    const flights = new SingleFlight<string, string>()
    const layer = through(
      (digest: string, scope) => flights.join(digest, () => downloads.ask(digest, scope), scope),
      {
        slots: 4,
      },
    )
    const pull = (offset: number): Promise<string[]> => {
      const layers = Array.from({ length: 8 }, (_, index) => `layer-${(index + offset) % 10}`)
      return lastValueFrom(Flow.from(layers).pipe(layer).toObservable().pipe(toArray()))
    }
    const all = await Promise.all(Array.from({ length: 20 }, (_, offset) => pull(offset)))
    expect(all.every((layers) => layers.length === 8)).toBe(true)
    expect(most).toBe(3)
    expect(served).toBeLessThan(160)
    expect(flights.size).toBe(0)
    expect(downloads.load).toEqual({ active: 0, waiting: 0 })
  })

  it('slots taken outside the flight deadlock', async () => {
    const flights = new SingleFlight<string, string>()
    type Work = () => Observable<string>
    const permits = new Actor<Work, string>(() => (work) => work(), { name: 'permits', slots: 3 })
    const layer = (digest: string): Observable<string> =>
      timer(1).pipe(mergeMap(() => permits.ask(() => timer(1).pipe(map(() => digest)))))
    // The wrong order: a slot is held while waiting for a flight that needs a slot itself.
    const wrong = (digest: string): Observable<string> =>
      permits.ask(() => flights.join(digest, () => layer(digest)))
    const readings = ['same', 'same', 'same', 'same'].map((digest) => wrong(digest).subscribe())
    await sleep(30)
    await ticks(5)
    expect(permits.load).toEqual({ active: 3, waiting: 2 })
    for (const reading of readings) reading.unsubscribe()
  })
})
