import { NEVER, Observable, lastValueFrom, of, throwError, timer } from 'rxjs'
import { TestScheduler } from 'rxjs/testing'
import { describe, expect, it } from 'vitest'
import {
  Actor,
  type FlowEvent,
  ProtocolError,
  Scope,
  type Turn,
  type Verdict,
} from '../../../../lib/flow/index.js'
import { sleep, tick, ticks } from '../../../support/flow-lines.js'

const echo = () => async (message: number) => {
  await tick()
  return message
}

const recorded = (scope: Scope): FlowEvent[] => {
  const events: FlowEvent[] = []
  scope.events.subscribe((event) => events.push(event))
  return events
}

describe('asking', () => {
  it('serves as many at once as there are slots, the rest in turn', async () => {
    let now = 0
    let most = 0
    const work = (): (() => Promise<void>) => async () => {
      most = Math.max(most, ++now)
      await tick()
      now--
    }
    const actor = new Actor(work, { name: 'work', slots: 3 })
    const asked = Array.from({ length: 10 }, () => lastValueFrom(actor.ask(undefined)))
    expect(actor.load).toEqual({ active: 3, waiting: 7 })
    await Promise.all(asked)
    expect(most).toBe(3)
    expect(actor.load).toEqual({ active: 0, waiting: 0 })
  })

  it('does nothing before it is subscribed', () => {
    const actor = new Actor(echo, { name: 'echo' })
    actor.ask(1)
    expect(actor.load).toEqual({ active: 0, waiting: 0 })
  })

  it('forgets an asker who leaves the line, and never serves it', async () => {
    const served: number[] = []
    const actor = new Actor(() => async (message: number) => (served.push(message), sleep(2)), {
      name: 'one',
    })
    const askers = [1, 2, 3, 4].map((message) => actor.ask(message).subscribe())
    askers[1]!.unsubscribe()
    askers[2]!.unsubscribe()
    expect(actor.load.waiting).toBe(1)
    await sleep(20)
    expect(served).toEqual([1, 4])
  })

  it('keeps the slot until a promise that ignores its signal has settled', async () => {
    let finish = (): void => undefined
    const actor = new Actor(() => () => new Promise<void>((resolve) => (finish = resolve)), { name: 'deaf' })
    const first = actor.ask(undefined).subscribe()
    first.unsubscribe()
    const second = actor.ask(undefined).subscribe()
    await ticks(3)
    expect(actor.load).toEqual({ active: 1, waiting: 1 })
    finish()
    await ticks(3)
    expect(actor.load).toEqual({ active: 1, waiting: 0 })
    second.unsubscribe()
    finish()
    await actor.scope.close()
    expect(actor.load).toEqual({ active: 0, waiting: 0 })
  })

  it('hands on an early result at once, keeps the slot until the end, and fails for an error after it', async () => {
    let end: (error?: Error) => void = () => undefined
    const growing = (): ((name: string) => Observable<string>) => (name) =>
      new Observable((out) => {
        out.next(name)
        end = (error) => (error ? out.error(error) : out.complete())
      })
    const actor = new Actor(growing, { name: 'growing' })
    const log: string[] = []
    for (const name of ['a', 'b'])
      actor.ask(name).subscribe({
        next: (value) => log.push(value),
        error: (error: Error) => log.push(error.message),
        complete: () => log.push('end'),
      })
    expect(log).toEqual(['a'])
    expect(actor.load).toEqual({ active: 1, waiting: 1 })
    end()
    expect(log).toEqual(['a', 'end', 'b'])
    end(new Error('late'))
    expect(log).toEqual(['a', 'end', 'b', 'late'])
  })

  it("tells events and holds work in the asker's scope where one is given, and in its own otherwise", async () => {
    const turns: Turn[] = []
    const actor = new Actor(
      () => (message: string, turn: Turn) => {
        turns.push(turn)
        turn.emit({ type: message })
        return new Promise<void>(() => undefined)
      },
      { name: 'shared', slots: 2 },
    )
    const scope = new Scope()
    const [mine, its] = [recorded(scope), recorded(actor.scope)]
    const askers = [actor.ask('for me', scope).subscribe(), actor.ask('for anyone').subscribe()]
    expect(mine.map(({ type }) => type)).toEqual(['for me'])
    expect(its.map(({ type }) => type)).toEqual(['for anyone'])
    expect(turns.map((turn) => turn.scope)).toEqual([scope, actor.scope])
    askers[0]!.unsubscribe()
    expect(scope.running).toContain('shared')
    expect(actor.scope.running).toEqual(['shared']) // its owner waits for the turn too
    askers[1]!.unsubscribe()
  })

  it('lets `pick` say who goes next', async () => {
    const served: number[] = []
    const behavior = (): ((size: number) => Promise<void>) => async (size) => {
      served.push(size)
      await tick()
    }
    const smallest = (waiting: readonly number[]): number => waiting.indexOf(Math.min(...waiting))
    const actor = new Actor(behavior, { name: 'smallest first', pick: smallest })
    await Promise.all([9, 5, 1, 7, 3].map((size) => lastValueFrom(actor.ask(size))))
    expect(served).toEqual([9, 1, 3, 5, 7])
  })

  it.each([-1, 7, 0.5, NaN])('stops, loudly, when `pick` gives %d', async (at) => {
    const actor = new Actor(echo, { name: 'lost', pick: () => at })
    const asked = [1, 2, 3].map((message) => lastValueFrom(actor.ask(message)))
    const results = await Promise.allSettled(asked)
    expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'rejected'])
    expect(results[1]).toMatchObject({ reason: expect.any(ProtocolError) })
  })

  it.each([0, -1, 1.5, NaN, Infinity])('refuses %d slots', (slots) => {
    expect(() => new Actor(echo, { name: 'none', slots })).toThrow(
      'none: slots must be a whole number of at least 1',
    )
  })

  it('refuses a capacity below nothing', () => {
    expect(() => new Actor(echo, { name: 'none', capacity: -1 })).toThrow(ProtocolError)
  })
})

describe('telling', () => {
  it('takes letters until the line is full', async () => {
    const actor = new Actor(echo, { name: 'echo', capacity: 2 })
    expect([1, 2, 3, 4].map((message) => actor.tell(message))).toEqual([true, true, true, false])
    await ticks(8)
    expect(actor.tell(5)).toBe(true)
    actor.stop()
    expect(actor.tell(6)).toBe(false)
  })

  it('with no capacity takes what can be served at once', () => {
    const actor = new Actor(echo, { name: 'echo', capacity: 0 })
    expect([actor.tell(1), actor.tell(2)]).toEqual([true, false])
  })

  it('makes a dead letter of an error', () => {
    const actor = new Actor(() => () => throwError(() => new Error('no')), { name: 'fails' })
    const events = recorded(actor.scope)
    actor.tell(1)
    expect(events).toMatchObject([
      { type: 'failure' },
      { type: 'dead-letter', from: 'fails', error: new Error('no') },
    ])
  })
})

describe('supervision', () => {
  const failing = (verdict: Verdict | undefined) => {
    let starts = 0
    const start = () => {
      const generation = ++starts
      return (message: number) =>
        message < 0 ? throwError(() => new Error('no')) : of(`${generation}:${message}`)
    }
    const actor = new Actor(start, { name: 'judged', supervise: () => verdict })
    return { actor, events: recorded(actor.scope) }
  }
  const ask = (actor: Actor<number, string>, message: number): Promise<string> =>
    lastValueFrom(actor.ask(message), { defaultValue: 'nothing' }).catch(
      (error: unknown) => (error as Error).message,
    )

  it('fails the asker, by default too', async () => {
    for (const verdict of ['fail', undefined] as const) {
      const { actor, events } = failing(verdict)
      expect([await ask(actor, -1), await ask(actor, 2)]).toEqual(['no', '1:2'])
      expect(events).toEqual([
        { type: 'failure', actor: 'judged', attempt: 1, error: new Error('no'), verdict: 'fail' },
      ])
    }
  })

  it('skips', async () => {
    const { actor } = failing('skip')
    expect([await ask(actor, -1), await ask(actor, 2)]).toEqual(['nothing', '1:2'])
  })

  it('restarts: a new behaviour, and the asker fails', async () => {
    const { actor } = failing('restart')
    expect([await ask(actor, -1), await ask(actor, 2)]).toEqual(['no', '2:2'])
  })

  it('stops: everybody who asked, and who asks later, fails', async () => {
    const { actor } = failing('stop')
    expect([await ask(actor, -1), await ask(actor, 2)]).toEqual(['no', 'no'])
  })

  it('stops when the behaviour cannot be built anew', async () => {
    let starts = 0
    const actor = new Actor(
      () => {
        if (++starts > 1) throw new Error('cannot start')
        return () => throwError(() => new Error('no'))
      },
      { name: 'brittle', supervise: () => 'restart' },
    )
    await expect(lastValueFrom(actor.ask(1))).rejects.toThrow(/no|cannot start/)
    await expect(lastValueFrom(actor.ask(1))).rejects.toThrow('cannot start')
  })

  it('fails, and says so, when the supervisor throws', async () => {
    const actor = new Actor(() => () => throwError(() => new Error('no')), {
      name: 'badly judged',
      supervise: () => {
        throw new Error('supervisor bug')
      },
    })
    const events = recorded(actor.scope)
    await expect(lastValueFrom(actor.ask(1))).rejects.toThrow('no')
    expect(events.map(({ type }) => type)).toEqual(['supervisor-failed', 'failure'])
  })

  it('retries the same letter, next in line, with its slot free while it waits', async () => {
    const served: string[] = []
    const actor = new Actor(
      () => (message: string, turn: Turn) => {
        served.push(`${message}${turn.attempt}`)
        return turn.attempt < 3 && message === 'a' ? throwError(() => new Error('no')) : of(message)
      },
      { name: 'again', supervise: () => ({ retry: 2 }) },
    )
    const first = lastValueFrom(actor.ask('a'))
    expect(actor.load).toEqual({ active: 0, waiting: 0 })
    await lastValueFrom(actor.ask('b'))
    expect(await first).toBe('a')
    expect(served).toEqual(['a1', 'b1', 'a2', 'a3'])
  })

  it('puts a letter that is tried again before those that wait', async () => {
    const served: string[] = []
    const actor = new Actor(
      () => async (message: string, turn: Turn) => {
        served.push(`${message}${turn.attempt}`)
        if (message === 'a' && turn.attempt === 1) throw new Error('no')
        await sleep(message === 'long' ? 15 : 0)
      },
      { name: 'again', supervise: () => ({ retry: 1 }) },
    )
    await Promise.all(['a', 'long', 'c'].map((message) => lastValueFrom(actor.ask(message))))
    expect(served).toEqual(['a1', 'long1', 'a2', 'c1'])
  })

  it('waits as long as it was told to, in virtual time too', () => {
    new TestScheduler((actual, expected) => expect(actual).toEqual(expected)).run(({ expectObservable }) => {
      const behavior = () => (_: number, turn: Turn) =>
        turn.attempt < 3 ? throwError(() => new Error('no')) : of('x')
      const actor = new Actor(behavior, {
        name: 'again',
        supervise: ({ attempt }) => ({ retry: attempt * 5 }),
      })
      expectObservable(actor.ask(1)).toBe('15ms (x|)')
    })
  })

  it('does not try again at once what should wait longer than a timer can', async () => {
    let attempts = 0
    const actor = new Actor(() => () => throwError(() => new Error(`no ${++attempts}`)), {
      name: 'patient',
      supervise: () => ({ retry: Infinity }),
    })
    const asker = actor.ask(1).subscribe({ error: () => undefined })
    await sleep(10)
    expect(attempts).toBe(1)
    asker.unsubscribe()
  })

  it('lets a letter go that is waiting to be tried again', async () => {
    let attempts = 0
    const actor = new Actor(() => () => throwError(() => new Error(`no ${++attempts}`)), {
      name: 'left',
      supervise: () => ({ retry: 1 }),
    })
    actor.ask(1).subscribe().unsubscribe()
    await sleep(10)
    expect([attempts, actor.load.waiting]).toEqual([1, 0])
  })

  it('asks no supervisor about work whose asker has left: its error is a dead letter, an abort is nothing', async () => {
    let judged = 0
    const actor = new Actor(
      () => (message: string) =>
        tick().then(() => Promise.reject(Object.assign(new Error(message), { name: message }))),
      { name: 'late', slots: 2, supervise: () => (judged++, 'fail') },
    )
    const events = recorded(actor.scope)
    for (const name of ['Late', 'AbortError']) actor.ask(name).subscribe().unsubscribe()
    await actor.scope.close()
    expect(judged).toBe(0)
    expect(events).toMatchObject([{ type: 'dead-letter', from: 'late', error: { name: 'Late' } }])
  })
})

describe('stopping', () => {
  it('fails those served, those waiting and those to come with its reason, and aborts', async () => {
    const signals: AbortSignal[] = []
    const actor = new Actor(() => (_: number, turn: Turn) => (signals.push(turn.signal), NEVER), {
      name: 'stopped',
    })
    const asked = [1, 2].map((message) => lastValueFrom(actor.ask(message)))
    actor.stop(new Error('enough'))
    for (const each of [...asked, lastValueFrom(actor.ask(3))]) await expect(each).rejects.toThrow('enough')
    expect(signals.map((signal) => signal.aborted)).toEqual([true])
    expect(actor.load).toEqual({ active: 0, waiting: 0 })
  })

  it('without a reason is an abort', async () => {
    const actor = new Actor(() => () => timer(5), { name: 'stopped' })
    const asked = lastValueFrom(actor.ask(1))
    actor.stop()
    await expect(asked).rejects.toMatchObject({ name: 'AbortError', message: 'stopped was stopped' })
  })
})
