import { NEVER, Subject, interval, lastValueFrom, map, of, take, throwError, toArray } from 'rxjs'
import { describe, expect, it, vi } from 'vitest'
import { Flow, ProtocolError, Scope, stage } from '../../../../lib/flow/index.js'
import { counted, numbers, sleep, tick } from '../../../support/flow-lines.js'

/** Reads `flow` with a demand that the test emits. */
function reader<T>(flow: Flow<T>) {
  const demand = new Subject<number>()
  const got: (T | Error | 'end')[] = []
  const scope = new Scope()
  const reading = flow.open(demand, scope).subscribe({
    next: (value) => got.push(value),
    error: (error: Error) => got.push(error),
    complete: () => got.push('end'),
  })
  return { demand, got, scope, reading }
}

describe('Flow.from', () => {
  it('reads one item per requested element', () => {
    let read = 0
    function* items(): Generator<number> {
      for (;;) yield read++
    }
    const { demand, got } = reader(Flow.from(items()))
    expect(read).toBe(0)
    demand.next(2)
    expect([read, got]).toEqual([2, [0, 1]])
    demand.next(0)
    demand.next(1)
    expect(got).toEqual([0, 1, 2])
  })

  it('reads an async iterable in step with demand, one at a time', async () => {
    let reading = 0
    let most = 0
    const items = {
      [Symbol.asyncIterator]: () => ({
        next: async () => {
          most = Math.max(most, ++reading)
          await tick()
          reading--
          return { done: false, value: 'x' }
        },
      }),
    }
    const { demand, got, reading: work } = reader(Flow.from(items))
    demand.next(1)
    demand.next(2)
    await vi.waitFor(() => expect(got).toEqual(['x', 'x', 'x']))
    await sleep(20)
    expect(got).toEqual(['x', 'x', 'x'])
    expect(most).toBe(1)
    work.unsubscribe()
  })

  it('calls `return` of the iterator once on early unsubscription, so a generator runs its finally block', async () => {
    let ended = 0
    function* items(): Generator<number> {
      try {
        for (let each = 0; ; each++) yield each
      } finally {
        ended++
      }
    }
    const flow = Flow.from(items()).pipe(stage((each: number) => tick().then(() => each), { slots: 3 }))
    await lastValueFrom(flow.toObservable().pipe(take(5)))
    expect(ended).toBe(1)
  })

  it('does not call `return` of an iterator that has ended, has thrown or was never read', () => {
    for (const last of ['end', 'throw', 'never'] as const) {
      let returned = 0
      const items: Iterable<number> = {
        [Symbol.iterator]: () => ({
          next: () => {
            if (last === 'throw') throw new Error('broken')
            return { done: true, value: undefined }
          },
          return: () => {
            returned++
            return { done: true, value: undefined }
          },
        }),
      }
      const { demand, got, reading } = reader(Flow.from(items))
      if (last !== 'never') demand.next(1)
      reading.unsubscribe()
      expect(returned).toBe(0)
      expect(String(got)).toBe({ end: 'end', throw: 'Error: broken', never: '' }[last])
    }
  })

  it('lets the scope wait for a pending read of an async iterator after unsubscription', async () => {
    const log: string[] = []
    async function* items(): AsyncGenerator<number> {
      try {
        await sleep(10)
        yield 1
      } finally {
        await sleep(5)
        log.push('generator ended')
      }
    }
    const { demand, scope, reading } = reader(Flow.from(items()))
    demand.next(1)
    reading.unsubscribe()
    expect(scope.running).toEqual(['Flow.from', 'Flow.from'])
    await scope.close()
    expect(log).toEqual(['generator ended'])
  })

  it('fails with the error of a sync or async iterator', async () => {
    async function* later(): AsyncGenerator<number> {
      yield 1
      await tick()
      throw new Error('later')
    }
    await expect(lastValueFrom(Flow.from(later()).toObservable())).rejects.toThrow('later')
  })

  it('stops a synchronous source as soon as its reader has enough', async () => {
    let read = 0
    function* items(): Generator<number> {
      for (;;) yield read++
    }
    expect(await lastValueFrom(Flow.from(items()).toObservable().pipe(take(3), toArray()))).toEqual([0, 1, 2])
    expect(read).toBe(3)
  })
})

describe('Flow.fromObservable', () => {
  it('subscribes at the first demand, buffers elements, and completes when all are emitted', () => {
    const source = new Subject<number>()
    const { demand, got } = reader(Flow.fromObservable(source, { capacity: 2, overflow: 'fail' }))
    expect(source.observed).toBe(false)
    demand.next(1)
    expect(source.observed).toBe(true)
    for (const each of [1, 2]) source.next(each)
    expect(got).toEqual([1])
    demand.next(1)
    source.next(3)
    source.complete()
    expect(got).toEqual([1, 2])
    demand.next(5)
    expect(got).toEqual([1, 2, 3, 'end'])
  })

  it.each([
    ['drop-oldest', [1, 4, 5]],
    ['drop-newest', [1, 2, 3]],
  ] as const)('%s keeps %j', (overflow, kept) => {
    const source = new Subject<number>()
    const { demand, got } = reader(Flow.fromObservable(source, { capacity: 2, overflow }))
    demand.next(1)
    for (const each of [1, 2, 3, 4, 5]) source.next(each)
    demand.next(9)
    expect(got).toEqual(kept)
  })

  it('with a capacity of 0, drops all elements that are not requested', () => {
    const source = new Subject<number>()
    const { demand, got } = reader(Flow.fromObservable(source, { capacity: 0, overflow: 'drop-oldest' }))
    demand.next(1)
    for (const each of [1, 2, 3]) source.next(each)
    demand.next(1)
    source.next(4)
    expect(got).toEqual([1, 4])
  })

  it('fails and unsubscribes when the buffer overflows', () => {
    const source = new Subject<number>()
    const { demand, got } = reader(Flow.fromObservable(source, { capacity: 1, overflow: 'fail' }))
    demand.next(1)
    for (const each of [1, 2, 3]) source.next(each)
    expect(got).toEqual([1, expect.any(ProtocolError)])
    expect(source.observed).toBe(false)
  })

  it('emits an error at once, and unsubscribes from its source on unsubscription', () => {
    const failing = reader(
      Flow.fromObservable(
        throwError(() => new Error('no')),
        { capacity: 1, overflow: 'fail' },
      ),
    )
    failing.demand.next(1)
    expect(failing.got).toEqual([new Error('no')])
    const source = new Subject<number>()
    const left = reader(Flow.fromObservable(source, { capacity: 1, overflow: 'fail' }))
    left.demand.next(1)
    left.reading.unsubscribe()
    expect(source.observed).toBe(false)
  })

  it.each([-1, 1.5, NaN, Infinity])('rejects a capacity of %d', (capacity) => {
    expect(() => Flow.fromObservable(NEVER, { capacity, overflow: 'fail' })).toThrow(ProtocolError)
  })
})

describe('Flow', () => {
  it('reads the source at the rate of the demand', async () => {
    const source = counted(numbers(100))
    const flow = source.flow.pipe(stage((each: number) => tick().then(() => each), { slots: 2 }))
    const rate = interval(5).pipe(map(() => 1))
    const got = await lastValueFrom(flow.open(rate, new Scope()).pipe(take(5), toArray()))
    expect(got).toHaveLength(5)
    expect(source.count.read).toBeLessThanOrEqual(5 + 2)
  })

  it('is returned by `pipe` without stages', async () => {
    const flow = Flow.of(1, 2)
    expect(flow.pipe()).toBe(flow)
    expect(await lastValueFrom(flow.toObservable().pipe(toArray()))).toEqual([1, 2])
  })

  it('goes through eight stages', async () => {
    const more = stage((each: number) => of(each + 1))
    const flow = Flow.of(0).pipe(more, more, more, more, more, more, more, more)
    expect(await lastValueFrom(flow.toObservable())).toBe(8)
  })
})
