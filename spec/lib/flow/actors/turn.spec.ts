import { type Observable, NEVER, Subject, of } from 'rxjs'
import { describe, expect, it } from 'vitest'
import { Actor, type Behavior, Deferred, type FlowEvent, type Turn } from '../../../../lib/flow/index.js'
import { sleep, tick, ticks } from '../../../support/flow-lines.js'

/** An actor with one slot that exposes its turn (the context of an attempt). */
function lookAt<Reply>(behavior: Behavior<string, Reply>) {
  const turns: Turn[] = []
  const events: FlowEvent[] = []
  const watched: Behavior<string, Reply> = (message, turn) => {
    turns.push(turn)
    return behavior(message, turn)
  }
  const actor = new Actor(() => watched, { name: 'watched' })
  actor.scope.events.subscribe((event) => events.push(event))
  const ask = () => actor.ask('x').subscribe({ error: () => undefined })
  return { actor, ask, turns, events }
}

describe('the signal of a turn', () => {
  it('is aborted when the requester unsubscribes', () => {
    const { ask, turns } = lookAt(() => NEVER)
    const request = ask()
    expect(turns[0]!.signal.aborted).toBe(false)
    request.unsubscribe()
    expect(turns[0]!.signal.aborted).toBe(true)
    expect(turns[0]!.signal.reason).toMatchObject({ name: 'AbortError' })
  })

  it('is already aborted if it is first read after that', async () => {
    let seen: boolean | undefined
    const { ask, actor } = lookAt(async (_, turn) => {
      await tick()
      seen = turn.signal.aborted
    })
    ask().unsubscribe()
    await actor.scope.close()
    expect(seen).toBe(true)
  })

  it('is aborted when the attempt fails, so that its remaining work stops, but not when it completes', () => {
    const failing = lookAt((): Observable<string> => {
      throw new Error('no')
    })
    failing.ask()
    expect(failing.turns[0]!.signal.aborted).toBe(true)
    const done = lookAt(() => of('done'))
    done.ask()
    expect(done.turns[0]!.signal.aborted).toBe(false)
  })
})

describe('the cleanups of a turn', () => {
  it('run in reverse order, one after another, before the slot is free and the end is emitted', async () => {
    const log: string[] = []
    const answers = new Subject<string>()
    const { actor } = lookAt(() => of(1))
    const tidy = new Actor(
      () => (_: string, turn: Turn) => {
        turn.defer(() => log.push('a'))
        turn.defer(() => sleep(5).then(() => log.push('b')))
        turn.defer(() => log.push('c'))
        return answers
      },
      { name: 'tidy' },
    )
    tidy.ask('x').subscribe({ complete: () => log.push('complete') })
    answers.complete()
    expect(tidy.load.active).toBe(1)
    await tidy.scope.close()
    expect(log).toEqual(['c', 'b', 'a', 'complete'])
    expect([tidy.load.active, actor.load.active]).toEqual([0, 0])
  })

  it('run after the work has settled if the requester unsubscribes', async () => {
    const log: string[] = []
    const { ask, actor } = lookAt(async (_, turn) => {
      turn.defer(() => log.push('directory removed'))
      await sleep(5)
      log.push('last write')
    })
    ask().unsubscribe()
    await actor.scope.close()
    expect(log).toEqual(['last write', 'directory removed'])
  })

  it('do not affect each other: one that fails is reported', async () => {
    const log: string[] = []
    const { ask, events, actor } = lookAt((_, turn) => {
      turn.defer(() => log.push('ran'))
      turn.defer(() => {
        throw new Error('at once')
      })
      turn.defer(() => Promise.reject(new Error('later')))
      return of(1)
    })
    ask()
    await actor.scope.close()
    expect(log).toEqual(['ran'])
    expect(events).toEqual([
      { type: 'cleanup-failed', from: 'watched', error: new Error('later') },
      { type: 'cleanup-failed', from: 'watched', error: new Error('at once') },
    ])
    expect(actor.load.active).toBe(0)
  })

  it('run at once if the attempt has ended', async () => {
    const log: string[] = []
    const { ask, actor, turns } = lookAt(() => of(1))
    ask()
    turns[0]!.defer(() => sleep(2).then(() => log.push('late')))
    await actor.scope.close()
    expect(log).toEqual(['late'])
  })

  it('are work that the scope waits for, under the name of the actor', async () => {
    const cleared = new Deferred<undefined>()
    const { ask, actor } = lookAt((_, turn) => {
      turn.defer(() => cleared.value)
      return NEVER
    })
    ask().unsubscribe()
    await expect(actor.scope.close({ within: 2 })).rejects.toThrow('Still running after 2 ms: watched')
    cleared.settle(undefined)
    await actor.scope.close()
  })
})

describe('the work of a turn whose requester has unsubscribed', () => {
  it('`return` of an async generator is called, and the slot is free after its finally block', async () => {
    const log: string[] = []
    const { ask, actor } = lookAt(async function* () {
      try {
        for (;;) {
          await tick()
          yield 'x'
        }
      } finally {
        await sleep(5)
        log.push('finally')
      }
    })
    const request = ask()
    await ticks(3)
    request.unsubscribe()
    expect(actor.load.active).toBe(1)
    await actor.scope.close()
    expect([log, actor.load.active]).toEqual([['finally'], 0])
  })

  it('an error without a receiver is a dead letter', async () => {
    const { ask, actor, events } = lookAt(async () => {
      await tick()
      throw new Error('late')
    })
    ask().unsubscribe()
    await actor.scope.close()
    expect(events).toEqual([{ type: 'dead-letter', from: 'watched', error: new Error('late') }])
  })
})
