import fc from 'fast-check'
import { Observable, Subject, of, throwError } from 'rxjs'
import { describe, expect, it } from 'vitest'
import { Actor, Scope, WorkControl, pausable, pausableReplies } from '../../../../lib/flow/index.js'
import { tick } from '../../../support/flow-lines.js'

const never = new AbortController().signal

/** Work that ends when the test ends it or its signal aborts. */
function attempts() {
  const running: { resolve: (value: string) => void; reject: (error: Error) => void; signal: AbortSignal }[] =
    []
  const work = (signal: AbortSignal): Promise<string> =>
    new Promise((resolve, reject) => {
      running.push({ resolve, reject, signal })
      signal.addEventListener('abort', () => reject(signal.reason as Error))
    })
  return { running, work }
}

describe('pausable', () => {
  it('aborts work at a pause, and starts it again afterwards', async () => {
    const control = new WorkControl()
    const { running, work } = attempts()
    const result = pausable(control, never, work)
    await tick()
    control.setPaused(true)
    expect(running[0]!.signal.aborted).toBe(true)
    await tick()
    expect(running).toHaveLength(1)
    control.setPaused(false)
    await tick()
    running[1]!.resolve('done')
    expect(await result).toBe('done')
  })

  it('does not start during a pause, and rejects if it is aborted during a pause', async () => {
    const control = new WorkControl()
    control.setPaused(true)
    const stop = new AbortController()
    const { running, work } = attempts()
    const result = pausable(control, stop.signal, work)
    await tick()
    expect(running).toEqual([])
    stop.abort(new Error('stop'))
    await expect(result).rejects.toThrow('stop')
    await expect(pausable(control, stop.signal, work)).rejects.toThrow('stop')
  })

  it('fails as the work does, and passes an abort on', async () => {
    const control = new WorkControl()
    await expect(pausable(control, never, () => Promise.reject(new Error('broken')))).rejects.toThrow(
      'broken',
    )
    const stop = new AbortController()
    const { running, work } = attempts()
    const result = pausable(control, stop.signal, work)
    await tick()
    stop.abort(new Error('stop'))
    expect(running[0]!.signal.aborted).toBe(true)
    await expect(result).rejects.toThrow('stop')
  })

  it('returns a result that arrives in spite of a pause', async () => {
    const control = new WorkControl()
    const result = pausable(control, never, async () => {
      await tick()
      control.setPaused(true)
      return 'done'
    })
    expect(await result).toBe('done')
  })
})

describe('pausableReplies', () => {
  it('withdraws a request at a pause, and makes it again afterwards', () => {
    const control = new WorkControl()
    let asked = 0
    let withdrawn = 0
    const got: number[] = []
    const replies = new Subject<number>()
    pausableReplies(
      control,
      () =>
        new Observable<number>((out) => {
          asked++
          out.add(replies.subscribe(out))
          return () => withdrawn++
        }),
    ).subscribe((each) => got.push(each))
    replies.next(1)
    control.setPaused(true)
    replies.next(2)
    expect([asked, withdrawn]).toEqual([1, 1])
    control.setPaused(false)
    replies.next(3)
    replies.complete()
    expect([asked, withdrawn, got]).toEqual([2, 2, [1, 3]])
    control.setPaused(true)
    control.setPaused(false)
    expect(asked).toBe(2)
  })

  it('fails as the request does', () => {
    const errors: unknown[] = []
    pausableReplies(new WorkControl(), () => throwError(() => 'broken')).subscribe({
      error: (error: unknown) => errors.push(error),
    })
    pausableReplies(undefined, () => throwError(() => 'broken')).subscribe({
      error: (error: unknown) => errors.push(error),
    })
    expect(errors).toEqual(['broken', 'broken'])
  })

  it('may be paused and resumed by its subscriber', () => {
    const control = new WorkControl()
    const got: number[] = []
    pausableReplies(control, () => of(1)).subscribe((each) => {
      got.push(each)
      if (got.length > 1) return
      control.setPaused(true)
      control.setPaused(false)
    })
    expect(got).toEqual([1, 1])
  })

  it('leaves no letter in an actor and takes no slot during a pause, in any order of events', async () => {
    const step = fc.record({
      work: fc.nat(3),
      what: fc.constantFrom('pause', 'resume', 'end', 'leave', 'priority', 'tick'),
      value: fc.integer({ min: -3, max: 3 }),
    })
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
        const scope = new Scope()
        const serving = new Map<number, Subject<number>>()
        const actor = new Actor<number, number>(
          () => (work: number) =>
            new Observable<number>((out) => {
              const reply = new Subject<number>()
              expect(serving.has(work)).toBe(false)
              serving.set(work, reply)
              out.add(reply.subscribe(out))
              return () => serving.delete(work)
            }),
          { name: 'work', slots: 2 },
          scope,
        )
        const ends = [0, 0, 0, 0]
        const works = ends.map((_, work) => {
          const control = new WorkControl()
          const priority = (): number => control.priority
          const reading = pausableReplies(control, () => actor.ask(work, scope, { priority })).subscribe({
            complete: () => ends[work]!++,
          })
          return { control, reading }
        })
        for (const { work, what, value } of steps) {
          const { control, reading } = works[work]!
          if (what === 'pause') control.setPaused(true)
          else if (what === 'resume') control.setPaused(false)
          else if (what === 'priority') control.priority = value
          else if (what === 'leave' && value > 1) reading.unsubscribe()
          else if (what === 'end') serving.get(work)?.complete()
          else await tick()
          for (const each of serving.keys()) expect(works[each]!.control.paused).toBe(false)
          expect(serving.size).toBeLessThanOrEqual(2)
        }
        for (const { control } of works) control.setPaused(false)
        for (let turn = 0; turn < 4; turn++) for (const reply of [...serving.values()]) reply.complete()
        for (const [work, { reading }] of works.entries()) {
          expect(reading.closed).toBe(true)
          expect(ends[work]).toBeLessThanOrEqual(1)
        }
        expect(actor.load).toEqual({ active: 0, waiting: 0 })
        await scope.close()
      }),
    )
  })
})
