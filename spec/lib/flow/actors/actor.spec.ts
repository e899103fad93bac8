import { NEVER, Observable, lastValueFrom, of, throwError, timer } from 'rxjs'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { Actor, Flow, ProtocolError, Scope, type Turn, run, through } from '../../../../lib/flow/index.js'
import { recorded, sleep, tick, ticks } from '../../../support/flow-lines.js'
import { ServedByHand } from '../../../support/served-by-hand.js'

const echo = () => async (message: number) => {
  await tick()
  return message
}

describe('asking', () => {
  it('serves as many letters concurrently as there are slots, and the others in order', async () => {
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

  it('never serves a letter whose requester unsubscribed while it waited', async () => {
    const served: number[] = []
    const actor = new Actor(() => async (message: number) => (served.push(message), sleep(2)), {
      name: 'one',
    })
    const requests = [1, 2, 3, 4].map((message) => actor.ask(message).subscribe())
    requests[1]!.unsubscribe()
    requests[2]!.unsubscribe()
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

  it('emits a result at once, keeps the slot until the end, and fails on an error after the result', async () => {
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

  it('uses the scope of the request for events and unfinished work, and its own scope if the request has none', async () => {
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
    const requests = [actor.ask('for me', scope).subscribe(), actor.ask('for anyone').subscribe()]
    expect(mine.map(({ type }) => type)).toEqual(['for me'])
    expect(its.map(({ type }) => type)).toEqual(['for anyone'])
    expect(turns.map((turn) => turn.scope)).toEqual([scope, actor.scope])
    requests[0]!.unsubscribe()
    expect(scope.running).toContain('shared')
    expect(actor.scope.running).toEqual(['shared']) // its owner waits for the turn too
    requests[1]!.unsubscribe()
  })

  it('serves the letter that `pick` selects', async () => {
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

  it.each([-1, 7, 0.5, NaN])('stops with an error when `pick` returns %d', async (at) => {
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

  it('rejects a negative capacity', () => {
    expect(() => new Actor(echo, { name: 'none', capacity: -1 })).toThrow(ProtocolError)
  })
})

describe('telling', () => {
  it('queues letters until the queue has reached its capacity', async () => {
    const actor = new Actor(echo, { name: 'echo', capacity: 2 })
    expect([1, 2, 3, 4].map((message) => actor.tell(message))).toEqual([true, true, true, false])
    await ticks(8)
    expect(actor.tell(5)).toBe(true)
    actor.stop()
    expect(actor.tell(6)).toBe(false)
  })

  it('with a capacity of 0, accepts only letters that can be served at once', () => {
    const actor = new Actor(echo, { name: 'echo', capacity: 0 })
    expect([actor.tell(1), actor.tell(2)]).toEqual([true, false])
  })

  it('emits an error as a dead letter', () => {
    const actor = new Actor(() => () => throwError(() => new Error('no')), { name: 'fails' })
    const events = recorded(actor.scope)
    actor.tell(1)
    expect(events).toMatchObject([
      { type: 'failure' },
      { type: 'dead-letter', from: 'fails', error: new Error('no') },
    ])
  })
})

describe('stopping', () => {
  it('fails letters in service, waiting and later ones with its reason, and aborts turns', async () => {
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

  it('without a reason fails them with an `AbortError`', async () => {
    const actor = new Actor(() => () => timer(5), { name: 'stopped' })
    const asked = lastValueFrom(actor.ask(1))
    actor.stop()
    await expect(asked).rejects.toMatchObject({ name: 'AbortError', message: 'stopped was stopped' })
  })

  it('without a reason fails what is asked of it later, too', async () => {
    const actor = new Actor(() => () => timer(5), { name: 'stopped' })
    actor.stop()
    await expect(lastValueFrom(actor.ask(1))).rejects.toMatchObject({
      name: 'AbortError',
      message: 'stopped was stopped',
    })
  })
})

describe('resizing', () => {
  it('gives additional slots to waiting letters at once', () => {
    const served = new ServedByHand()
    served.askAll('abcde')
    expect(served.started).toEqual(['a'])
    served.actor.resize(3)
    expect(served.started).toEqual(['a', 'b', 'c'])
    expect([served.actor.slots, served.actor.load]).toEqual([3, { active: 3, waiting: 2 }])
  })

  it('does not interrupt letters when there are fewer slots, and starts no other until enough have ended', () => {
    const served = new ServedByHand({ slots: 3 })
    served.askAll('abcde')
    served.actor.resize(2)
    expect([served.actor.slots, served.actor.load]).toEqual([2, { active: 3, waiting: 2 }])
    expect(served.actor.freeSlots).toBe(0)
    served.end('b')
    expect(served.started).toEqual(['a', 'b', 'c'])
    served.end('a')
    expect(served.started).toEqual(['a', 'b', 'c', 'd'])
    served.end('cde')
    expect(served.received).toEqual(['b', 'a', 'c', 'd', 'e'])
  })

  it.each([0, -1, 1.5, NaN, Infinity])('rejects %d slots, and keeps the number it has', (slots) => {
    const { actor } = new ServedByHand({ slots: 2 })
    expect(() => actor.resize(slots)).toThrow('by hand: slots must be a whole number of at least 1')
    expect(actor.slots).toBe(2)
  })

  it('may be done by the behaviour that runs', () => {
    const started: number[] = []
    const actor: Actor<number, never> = new Actor(
      () => (message) => {
        started.push(message)
        if (message === 1) actor.resize(3)
        return NEVER
      },
      { name: 'grows' },
    )
    for (const message of [1, 2, 3, 4]) actor.ask(message).subscribe()
    expect(started).toEqual([1, 2, 3])
  })

  it('starts nothing in an actor that has stopped', () => {
    const served = new ServedByHand()
    served.askAll('ab')
    served.actor.stop()
    served.actor.resize(5)
    expect([served.started, served.actor.freeSlots]).toEqual([['a'], 0])
  })
})

describe('pausing', () => {
  it('starts no letter; running ones continue and free their slots', () => {
    const served = new ServedByHand({ slots: 2 })
    served.askAll('abc')
    served.actor.pause()
    served.end('ab')
    served.ask('d')
    expect(served.started).toEqual(['a', 'b'])
    expect(served.received).toEqual(['a', 'b'])
    expect(served.actor.load).toEqual({ active: 0, waiting: 2 })
    expect([served.actor.paused, served.actor.freeSlots]).toEqual([true, 0])
  })

  it('ends with `resume`, which gives the free slots to waiting letters in their order', () => {
    const served = new ServedByHand({ slots: 2 })
    served.actor.pause()
    served.askAll('abc')
    served.actor.resume()
    expect(served.started).toEqual(['a', 'b'])
    expect([served.actor.paused, served.actor.freeSlots]).toEqual([false, 0])
    served.end('a')
    expect([served.started, served.actor.freeSlots]).toEqual([['a', 'b', 'c'], 0])
    served.end('b')
    expect(served.actor.freeSlots).toBe(1)
  })

  it('has no effect if the actor is paused already, nor has `resume` if it is not', () => {
    const served = new ServedByHand()
    served.actor.pause()
    served.actor.pause()
    served.askAll('ab')
    served.actor.resume()
    served.actor.resume()
    expect(served.started).toEqual(['a'])
  })

  it('does not prevent a resize: additional slots are used after `resume`', () => {
    const served = new ServedByHand()
    served.actor.pause()
    served.askAll('abc')
    served.actor.resize(2)
    expect(served.started).toEqual([])
    served.actor.resume()
    expect(served.started).toEqual(['a', 'b'])
  })

  it('starts no retry; its delay elapses meanwhile, and it goes first after `resume`', () => {
    vi.useFakeTimers()
    onTestFinished(() => void vi.useRealTimers())
    const served = new ServedByHand({ supervise: () => ({ retry: 50 }) })
    served.askAll('abc')
    served.fail('a')
    served.actor.pause()
    served.end('b')
    vi.advanceTimersByTime(60)
    expect(served.started).toEqual(['a', 'b'])
    expect(served.actor.load).toEqual({ active: 0, waiting: 2 })
    served.actor.resume()
    served.end('a')
    expect(served.started).toEqual(['a', 'b', 'a2', 'c'])
  })

  it('lets requesters unsubscribe', () => {
    vi.useFakeTimers()
    onTestFinished(() => void vi.useRealTimers())
    const served = new ServedByHand({ slots: 2, supervise: () => ({ retry: 5 }) })
    const leave = ['a', 'b', 'c'].map((message) => served.ask(message))
    served.fail('a')
    served.actor.pause()
    vi.advanceTimersByTime(10)
    for (const each of leave) each()
    expect(served.actor.load).toEqual({ active: 0, waiting: 0 })
    served.actor.resume()
    expect(served.started).toEqual(['a', 'b', 'c'])
  })

  it('may be done by the behaviour that runs', () => {
    const started: number[] = []
    const actor: Actor<number, number> = new Actor(
      () => (message) => {
        started.push(message)
        if (message === 2) actor.pause()
        return of(message)
      },
      { name: 'pauses' },
    )
    actor.pause()
    for (const message of [1, 2, 3]) actor.ask(message).subscribe()
    actor.resume()
    expect(started).toEqual([1, 2])
  })

  it('lets `tell` queue letters up to the capacity', () => {
    const { actor, started } = new ServedByHand({ capacity: 2 })
    actor.pause()
    expect(['a', 'b', 'c'].map((message) => actor.tell(message))).toEqual([true, true, false])
    expect(started).toEqual([])
  })

  it('does not prevent `stop`: waiting letters fail, and nothing starts afterwards', () => {
    const served = new ServedByHand()
    served.ask('a')
    served.actor.pause()
    served.askAll('bc')
    served.actor.stop(new Error('enough'))
    served.ask('d')
    served.actor.resume()
    expect(served.received).toEqual(['a: enough', 'b: enough', 'c: enough', 'd: enough'])
    expect([served.started, served.actor.load]).toEqual([['a'], { active: 0, waiting: 0 }])
  })

  it('does not prevent scopes from closing: its own, and that of a cancelled run', async () => {
    const { actor } = new ServedByHand()
    actor.pause()
    actor.ask('waits').subscribe()
    const { cancel, closed, done } = run(Flow.of('a', 'b').pipe(through(actor.ask)))
    await tick()
    cancel()
    await closed({ within: 1000 })
    await expect(done).rejects.toMatchObject({ name: 'AbortError' })
    expect(actor.load).toEqual({ active: 0, waiting: 1 })
    await actor.scope.close({ within: 1000 })
  })
})
