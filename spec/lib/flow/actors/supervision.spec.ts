import { lastValueFrom, of, throwError } from 'rxjs'
import { TestScheduler } from 'rxjs/testing'
import { describe, expect, it } from 'vitest'
import {
  Actor,
  type Failure,
  type Turn,
  type Verdict,
  firstMatch,
  retrying,
  skipping,
} from '../../../../lib/flow/index.js'
import { recorded, sleep, tick } from '../../../support/flow-lines.js'

const failure = (attempt: number, error: unknown = new Error('no')): Failure => ({
  actor: 'download',
  message: 'layer',
  error,
  attempt,
})

describe('supervisors', () => {
  it('`retrying` retries up to `times` times', () => {
    const supervise = retrying({ times: 2 })
    expect([1, 2, 3].map((attempt) => supervise(failure(attempt)))).toEqual([
      { retry: 0 },
      { retry: 0 },
      undefined,
    ])
  })

  it('`retrying` waits for `delay`, and retries only failures that satisfy `when`', () => {
    expect(retrying({ times: 1, delay: 30 })(failure(1))).toEqual({ retry: 30 })
    const supervise = retrying({
      times: 9,
      delay: ({ attempt }) => attempt * 10,
      when: ({ error }) => error === 'busy',
    })
    expect(supervise(failure(3, 'busy'))).toEqual({ retry: 30 })
    expect(supervise(failure(3, 'gone'))).toBeUndefined()
  })

  it('`skipping` skips failures that satisfy `when`', () => {
    const supervise = skipping(({ error }) => error === 'gone')
    expect([supervise(failure(1, 'gone')), supervise(failure(1, 'busy'))]).toEqual(['skip', undefined])
  })

  it('the first supervisor that returns a verdict decides', () => {
    const supervise = firstMatch(
      retrying({ times: 1 }),
      skipping(({ error }) => error === 'gone'),
      () => 'stop',
    )
    expect(supervise(failure(1, 'gone'))).toEqual({ retry: 0 })
    expect(supervise(failure(2, 'gone'))).toBe('skip')
    expect(supervise(failure(2))).toBe('stop')
    expect(firstMatch()(failure(1))).toBeUndefined()
  })
})

describe('an actor', () => {
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

  it('fails the request, also by default', async () => {
    for (const verdict of ['fail', undefined] as const) {
      const { actor, events } = failing(verdict)
      expect([await ask(actor, -1), await ask(actor, 2)]).toEqual(['no', '1:2'])
      expect(events).toEqual([
        { type: 'failure', actor: 'judged', attempt: 1, error: new Error('no'), verdict: 'fail' },
      ])
    }
  })

  it('completes the request without a result on `skip`', async () => {
    const { actor } = failing('skip')
    expect([await ask(actor, -1), await ask(actor, 2)]).toEqual(['nothing', '1:2'])
  })

  it('creates the behaviour again and fails the request on `restart`', async () => {
    const { actor } = failing('restart')
    expect([await ask(actor, -1), await ask(actor, 2)]).toEqual(['no', '2:2'])
  })

  it('fails all present and later requests on `stop`', async () => {
    const { actor } = failing('stop')
    expect([await ask(actor, -1), await ask(actor, 2)]).toEqual(['no', 'no'])
  })

  it('stops if the behaviour cannot be created again', async () => {
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

  it('fails the request and reports it if the supervisor throws', async () => {
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

  it('retries the same letter before waiting ones, and frees its slot during the delay', async () => {
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

  it('serves a retried letter before waiting letters', async () => {
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

  it('waits for the delay of the verdict, also in virtual time', () => {
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

  it('does not retry at once if the delay exceeds the maximum of a timer', async () => {
    let attempts = 0
    const actor = new Actor(() => () => throwError(() => new Error(`no ${++attempts}`)), {
      name: 'patient',
      supervise: () => ({ retry: Infinity }),
    })
    const request = actor.ask(1).subscribe({ error: () => undefined })
    await sleep(10)
    expect(attempts).toBe(1)
    request.unsubscribe()
  })

  it('drops a letter that waits for its retry when the requester unsubscribes', async () => {
    let attempts = 0
    const actor = new Actor(() => () => throwError(() => new Error(`no ${++attempts}`)), {
      name: 'left',
      supervise: () => ({ retry: 1 }),
    })
    actor.ask(1).subscribe().unsubscribe()
    await sleep(10)
    expect([attempts, actor.load.waiting]).toEqual([1, 0])
  })

  it('does not call the supervisor after unsubscription: an error is a dead letter, an abort is ignored', async () => {
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
