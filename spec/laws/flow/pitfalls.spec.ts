/** The pitfalls of RxJS that lib/flow is there to avoid: each shown in RxJS itself first, then that we do not have it. */
import {
  NEVER,
  Observable,
  Subject,
  concatMap,
  config,
  finalize,
  from,
  lastValueFrom,
  mergeMap,
  of,
  range,
  share,
  shareReplay,
  tap,
  timer,
} from 'rxjs'
import { afterEach, describe, expect, it } from 'vitest'
import { Flow, Scope, SingleFlight, run, stage } from '../../../lib/flow/index.js'
import { numbers, sleep, tick, ticks } from '../../support/flow-lines.js'

afterEach(() => {
  config.onUnhandledError = null
})

const later = stage(() => timer(1000), { slots: 3 })

describe('1: mergeMap(work, n) limits what runs, not what is read', () => {
  it('RxJS reads everything', () => {
    let read = 0
    const all = range(0, 10_000).pipe(tap(() => read++))
    all
      .pipe(mergeMap(() => timer(1000), 3))
      .subscribe()
      .unsubscribe()
    expect(read).toBe(10_000)
  })

  it('a flow reads its slots', () => {
    let read = 0
    const counting = stage((each: number) => (read++, [each]), { slots: 1 })
    const reading = Flow.from(numbers(10_000)).pipe(counting, later).toObservable().subscribe()
    expect(read).toBe(3 + 1)
    reading.unsubscribe()
  })
})

describe('1b: from(asyncIterable) drains the iterator however slow the reader', () => {
  async function* items(count: { read: number }): AsyncGenerator<number> {
    for (; count.read < 1000; count.read++) yield count.read
  }

  it('RxJS drains it', async () => {
    const count = { read: 0 }
    const reading = from(items(count))
      .pipe(concatMap(() => timer(10_000)))
      .subscribe()
    while (count.read < 1000) await tick()
    expect(count.read).toBe(1000)
    reading.unsubscribe()
  })

  it('Flow.from reads one item for each demand', async () => {
    const count = { read: 0 }
    const scope = new Scope()
    const reading = Flow.from(items(count)).pipe(later).toObservable(scope).subscribe()
    await ticks(20)
    expect(count.read).toBeLessThanOrEqual(3)
    reading.unsubscribe()
    await scope.close()
  })
})

describe('2: a next inside a next inverts the order for other observers', () => {
  const echo = (
    seen: string[],
    send: (text: string) => void,
    listen: (next: (text: string) => void) => void,
  ): void => {
    listen((text) => {
      if (text.length < 3) send(`${text}x`)
    })
    listen((text) => seen.push(text))
    send('x')
  }

  it('RxJS: the second observer sees the newest first', () => {
    const subject = new Subject<string>()
    const seen: string[] = []
    echo(
      seen,
      (text) => subject.next(text),
      (next) => subject.subscribe(next),
    )
    expect(seen).toEqual(['xxx', 'xx', 'x'])
  })

  it('the events of a scope keep their order', () => {
    const scope = new Scope()
    const seen: string[] = []
    echo(
      seen,
      (type) => scope.emit({ type }),
      (next) => scope.events.subscribe(({ type }) => next(type)),
    )
    expect(seen).toEqual(['x', 'xx', 'xxx'])
  })
})

describe('2b: a reader who asks from inside next overflows the stack', () => {
  it('RxJS overflows', async () => {
    const errors: unknown[] = []
    config.onUnhandledError = (error) => errors.push(error)
    const subject = new Subject<number>()
    let count = 0
    subject.subscribe(() => {
      if (count++ < 50_000) subject.next(1)
    })
    subject.next(1)
    await sleep(5)
    expect(errors).toEqual([expect.any(RangeError)])
  })

  it('a flow does not, through several stages', () => {
    const demand = new Subject<number>()
    const pass = stage((each: number) => [each])
    let count = 0
    Flow.from(numbers(20_000))
      .pipe(pass, pass, pass)
      .open(demand, new Scope())
      .subscribe(() => {
        count++
        demand.next(1)
      })
    demand.next(1)
    expect(count).toBe(20_000)
  })
})

describe('3: the first error ends the stream, and siblings get no signal', () => {
  it('a stage gives a verdict for each element, and aborts the siblings of one that fails', async () => {
    const signals: AbortSignal[] = []
    const work = stage(
      (each: number, turn) => {
        if (each === 1) throw new Error('skip me')
        if (each === 3) return tick().then(() => Promise.reject(new Error('fail')))
        signals.push(turn.signal)
        return NEVER
      },
      { slots: 4, supervise: ({ message }) => (message === 1 ? 'skip' : 'fail') },
    )
    await expect(run(Flow.from(numbers(4)).pipe(work)).done).rejects.toThrow('fail')
    expect(signals.map(({ aborted }) => aborted)).toEqual([true, true])
  })
})

describe('4: complete and error reach the reader before finalizers run', () => {
  const order = (source: Observable<unknown>, log: string[]): string[] => {
    source.subscribe({ complete: () => log.push('complete') })
    return log
  }

  it('RxJS tells first', () => {
    const log: string[] = []
    expect(order(of(1).pipe(finalize(() => log.push('finalizer'))), log)).toEqual(['complete', 'finalizer'])
  })

  it('a flow tears down first', () => {
    const log: string[] = []
    const flow = new Flow(() => NEVER.pipe(finalize(() => log.push('source finalizer'))))
    const ending = new Flow((demand, scope) => {
      flow.open(demand, scope).subscribe().unsubscribe()
      return new Observable<never>((out) => {
        out.add(() => log.push('finalizer'))
        out.complete()
      })
    })
    expect(order(ending.pipe(stage((each: never) => [each])).toObservable(), log)).toEqual([
      'source finalizer',
      'finalizer',
      'complete',
    ])
  })
})

describe('4d: an async finalizer is not waited for', () => {
  it('RxJS resolves before it has finished', async () => {
    const log: string[] = []
    await lastValueFrom(of(1).pipe(finalize(() => void sleep(3).then(() => log.push('cleaned')))))
    expect(log).toEqual([])
    await sleep(10)
  })

  it('turn.defer is waited for before the run is done, scope.defer before it is closed', async () => {
    const log: string[] = []
    const cleaning = stage((_: number, turn) => {
      turn.defer(() => sleep(3).then(() => log.push('turn')))
      turn.scope.defer(() => sleep(3).then(() => log.push('scope')))
      return []
    })
    const { done, closed } = run(Flow.of(1).pipe(cleaning))
    await done
    expect(log).toEqual(['turn'])
    await closed()
    expect(log).toEqual(['turn', 'scope'])
  })
})

describe('5: shareReplay(1) never lets go of its source', () => {
  const source = (gauge: { live: number }): Observable<never> =>
    new Observable(() => {
      gauge.live++
      return () => gauge.live--
    })

  it('RxJS keeps it', () => {
    const gauge = { live: 0 }
    source(gauge).pipe(shareReplay(1)).subscribe().unsubscribe()
    expect(gauge.live).toBe(1)
  })

  it('a flight is cancelled by its last leaver', () => {
    const gauge = { live: 0 }
    const join = new SingleFlight<string, never>().join('k', () => source(gauge))
    const aboard = [join.subscribe(), join.subscribe()]
    expect(gauge.live).toBe(1)
    for (const each of aboard) each.unsubscribe()
    expect(gauge.live).toBe(0)
  })
})

describe('5c-e: share() runs again for who joins late, and never shares a synchronous source', () => {
  it('RxJS runs a synchronous source twice', () => {
    let starts = 0
    const shared = new Observable<number>((out) => {
      starts++
      out.next(1)
      out.complete()
    }).pipe(share())
    shared.subscribe()
    shared.subscribe()
    expect(starts).toBe(2)
  })

  it('a flight that has given its result but not ended is joined, not started again', () => {
    let starts = 0
    const flights = new SingleFlight<string, string>()
    const join = flights.join('k', () => {
      starts++
      return new Observable<string>((out) => out.next('blob that still grows'))
    })
    const got: string[] = []
    const aboard = [join.subscribe((value) => got.push(value)), join.subscribe((value) => got.push(value))]
    expect([starts, got]).toEqual([1, ['blob that still grows', 'blob that still grows']])
    for (const each of aboard) each.unsubscribe()
  })
})

describe('5f: an error is heard before the flight is forgotten', () => {
  it('a flight is forgotten first', () => {
    const flights = new SingleFlight<string, never>()
    const source = new Subject<never>()
    let seen: number | undefined
    flights.join('k', () => source).subscribe({ error: () => (seen = flights.size) })
    expect(flights.size).toBe(1)
    source.error(new Error('no'))
    expect(seen).toBe(0)
  })
})

describe('6: a listener that throws becomes an uncaught exception', () => {
  it('RxJS: reported to nobody in particular', async () => {
    const uncaught: unknown[] = []
    config.onUnhandledError = (error) => uncaught.push(error)
    const subject = new Subject<number>()
    subject.subscribe(() => {
      throw new Error('listener bug')
    })
    subject.next(1)
    await sleep(2)
    expect(uncaught).toEqual([new Error('listener bug')])
  })

  it('the events of a scope report it as an event', async () => {
    const uncaught: unknown[] = []
    config.onUnhandledError = (error) => uncaught.push(error)
    const scope = new Scope()
    const heard: string[] = []
    scope.events.subscribe(({ type }) => heard.push(type))
    scope.events.subscribe(() => {
      throw new Error('listener bug')
    })
    scope.emit({ type: 'a' })
    await sleep(2)
    expect([heard, uncaught]).toEqual([['a', 'listener-failed'], []])
  })
})

describe('6b: an error after unsubscribing vanishes', () => {
  it('a stage makes a dead letter of it', async () => {
    const scope = new Scope()
    const dead: unknown[] = []
    scope.events.subscribe((event) => dead.push(event['error']))
    const late = stage(() => sleep(3).then(() => Promise.reject(new Error('late'))))
    Flow.of(1).pipe(late).toObservable(scope).subscribe().unsubscribe()
    await scope.close()
    expect(dead).toEqual([new Error('late')])
  })
})

describe('7: unsubscribing does not stop a promise', () => {
  it('a stage aborts its signal, and the scope waits for the promise', async () => {
    const log: string[] = []
    const scope = new Scope()
    const work = stage(async (_: number, turn) => {
      await tick()
      log.push(turn.signal.aborted ? 'told' : 'not told')
    })
    Flow.of(1).pipe(work).toObservable(scope).subscribe().unsubscribe()
    expect(scope.idle).toBe(false)
    await scope.close()
    expect(log).toEqual(['told'])
  })
})

describe('8: lastValueFrom gives no handle', () => {
  it('run() can be cancelled, says so, and can be waited for', async () => {
    const { done, cancel, closed } = run(new Flow(() => NEVER))
    cancel()
    await expect(done).rejects.toMatchObject({ name: 'AbortError' })
    await closed()
  })
})

describe('9: return() on an async generator waits for what the generator waits for', () => {
  it('leaving is at once, and closing says by name who is waited for', async () => {
    async function* parked(): AsyncGenerator<number> {
      yield await new Promise<number>(() => undefined)
    }
    const scope = new Scope()
    Flow.from(parked()).toObservable(scope).subscribe().unsubscribe()
    await expect(scope.close({ within: 5 })).rejects.toThrow('Flow.from')
  })
})
