import { Observable, Subject, lastValueFrom, of, throwError } from 'rxjs'
import { describe, expect, it } from 'vitest'
import { Flow, ProtocolError, Scope, stage } from '../../../../lib/flow/index.js'

const outcome = (flow: Flow<unknown>, ...demands: number[]): unknown[] => {
  const demand = new Subject<number>()
  const got: unknown[] = []
  flow.open(demand, new Scope()).subscribe({
    next: (value) => got.push(value),
    error: (error) => got.push(error),
    complete: () => got.push('end'),
  })
  for (const each of demands) demand.next(each)
  return got
}

describe('the contract of a flow', () => {
  it.each([-1, NaN, -Infinity, 0.5])(
    'refuses a demand of %d, names the flow, and lets go of the source',
    (count) => {
      let released = 0
      const flow = new Flow(() => new Observable(() => () => released++), 'my-flow')
      const [error] = outcome(flow, 1, count)
      expect(error).toBeInstanceOf(ProtocolError)
      expect(error).toMatchObject({ stage: 'my-flow', message: expect.stringContaining(String(count)) })
      expect(released).toBe(1)
    },
  )

  it('fails a flow that emits before the first demand, or more than requested', () => {
    const pushy = new Flow(() => of(1, 2, 3), 'pushy')
    expect(outcome(pushy)).toEqual([expect.objectContaining({ name: 'ProtocolError', stage: 'pushy' })])
    const generous = new Flow(
      (demand) => new Observable((out) => demand.subscribe(() => [1, 2, 3].forEach((n) => out.next(n)))),
    )
    expect(outcome(generous, 2)).toEqual([1, 2, expect.any(ProtocolError)])
  })

  it('names the stage that received an invalid demand', () => {
    const flow = Flow.of(1, 2).pipe(stage((each: number) => of(each), { name: 'download' }))
    expect(outcome(flow, -3)).toEqual([expect.objectContaining({ stage: 'download' })])
  })

  it('passes on an error of the demand, and one thrown while opening', () => {
    const failing = throwError(() => new Error('the reader failed'))
    const got: unknown[] = []
    Flow.of(1)
      .open(failing, new Scope())
      .subscribe({ error: (error) => got.push(error) })
    const broken = new Flow(() => {
      throw new Error('cannot open')
    })
    expect([...got, ...outcome(broken, 1)]).toEqual([
      new Error('the reader failed'),
      new Error('cannot open'),
    ])
  })

  it('emits the completion or error after the teardown', () => {
    for (const end of ['complete', 'error'] as const) {
      const log: string[] = []
      const flow = new Flow(
        () =>
          new Observable((out) => {
            out.add(() => log.push('teardown'))
            if (end === 'complete') out.complete()
            else out.error(new Error('no'))
          }),
      )
      flow
        .open(of(1), new Scope())
        .subscribe({ error: () => log.push('error'), complete: () => log.push('complete') })
      expect(log).toEqual(['teardown', end])
    }
  })

  it('does not recurse if a reader requests one element at a time while it receives one', async () => {
    const naive = new Flow<number>(
      (demand) =>
        new Observable((out) => {
          let sent = 0
          return demand.subscribe((count) => {
            for (let each = 0; each < count; each++) if (sent < 20_000) out.next(sent++)
            if (sent === 20_000) out.complete()
          })
        }),
    )
    const demand = new Subject<number>()
    let got = 0
    const end = lastValueFrom(naive.open(demand, new Scope()))
    naive.open(demand, new Scope()).subscribe(() => {
      got++
      demand.next(1)
    })
    demand.next(1)
    expect(await end).toBe(19_999)
    expect(got).toBe(20_000)
  })
})
