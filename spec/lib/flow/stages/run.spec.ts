import { Subject, of, throwError, timer } from 'rxjs'
import { describe, expect, it } from 'vitest'
import { Deferred, Flow, Scope, run, stage } from '../../../../lib/flow/index.js'
import { counted, numbers, sleep, ticks } from '../../../support/flow-lines.js'

describe('run', () => {
  it('reads to the end at the pace of its sink, one element at a time', async () => {
    const source = counted(numbers(10))
    const taken = new Subject<void>()
    const got: number[] = []
    const sink = (each: number): Subject<void> => (got.push(each), taken)
    const { done, cancel, closed } = run(source.flow, sink)
    await ticks(3)
    expect([got, source.count.read]).toEqual([[0], 1])
    cancel()
    await expect(done).rejects.toMatchObject({ name: 'AbortError', message: 'The run was cancelled' })
    await closed()
    expect(source.count.released).toBe(1)
  })

  it('resolves at the end, rejects with the error, or with the reason of cancel', async () => {
    await expect(run(Flow.of(1, 2)).done).resolves.toBeUndefined()
    await expect(run(Flow.of(1), () => throwError(() => new Error('sink'))).done).rejects.toThrow('sink')
    const { done, cancel } = run(Flow.of(1), () => timer(1000))
    cancel(new Error('changed my mind'))
    await expect(done).rejects.toThrow('changed my mind')
  })

  it('causes no unhandled rejection if `done` is not awaited', async () => {
    const { closed } = run(Flow.of(1), () => throwError(() => new Error('unseen')))
    await closed()
  })

  it('resolves `closed` after the last cleanup, and `done` before it', async () => {
    const log: string[] = []
    const aborted = ({ signal }: { signal: AbortSignal }): Promise<never> =>
      new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)))
    const flow = Flow.of(1).pipe(
      stage(async (_: number, turn) => {
        try {
          await aborted(turn)
        } finally {
          await sleep(10)
          log.push('temporary file removed')
        }
      }),
    )
    const { done, cancel, closed } = run(flow)
    await sleep(2)
    cancel()
    await done.catch(() => log.push('done rejected'))
    await closed()
    log.push('closed')
    expect(log).toEqual(['done rejected', 'temporary file removed', 'closed'])
  })

  it('runs the cleanups of the scope when the run is closed, in reverse order, after everything else', async () => {
    const log: string[] = []
    const leaving = stage((each: number, turn) => {
      turn.scope.defer(() => log.push(`clear ${each}`))
      turn.defer(() => log.push(`turn ${each}`))
      return of(each)
    })
    const { done, closed } = run(Flow.of(1, 2).pipe(leaving))
    await done
    expect(log).toEqual(['turn 1', 'turn 2'])
    await closed()
    expect(log).toEqual(['turn 1', 'turn 2', 'clear 2', 'clear 1'])
  })

  it('lets `closed` wait for a run that has not ended, and for a pending promise of its sink', async () => {
    const log: string[] = []
    const sink = new Deferred<undefined>()
    const { closed, cancel } = run(Flow.of(1), () => sink.value.then(() => log.push('sink')))
    await expect(closed({ within: 2 })).rejects.toThrow('run')
    cancel()
    sink.settle(undefined)
    await closed()
    expect(log).toEqual(['sink'])
  })

  it('emits its events, and completes them when it is closed', async () => {
    const scope = new Scope()
    const heard: string[] = []
    scope.events.subscribe({ next: ({ type }) => heard.push(type), complete: () => heard.push('end') })
    const emitting = stage((each: number, turn) => (turn.emit({ type: `element ${each}` }), of(each)))
    await run(Flow.of(1, 2).pipe(emitting), undefined, scope).closed()
    expect(heard).toEqual(['element 1', 'element 2', 'end'])
  })
})
