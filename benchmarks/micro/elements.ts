/** Measures the cost of one element in a stage with three slots. */
import { Readable, Transform } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { EMPTY, from, lastValueFrom, mergeMap, type Observable, of } from 'rxjs'
import { Flow, run, stage } from '../../lib/flow/index.js'
import type { Contender } from './contender.js'

const amount = 5_000
const list = Array.from({ length: amount }, (_, index) => index)

export function elements(): Contender[] {
  const group = 'an element through a stage'
  const unit = 'element'
  const increment = stage((value: number) => of(value + 1), { name: 'increment', slots: 3 })
  const later = stage(async (value: number) => Promise.resolve(value + 1), { name: 'later', slots: 3 })
  return [
    { group, unit, amount, name: 'flow, at once', run: () => runToEnd(Flow.from(list).pipe(increment)) },
    { group, unit, amount, name: 'flow, a promise', run: () => runToEnd(Flow.from(list).pipe(later)) },
    {
      ...{ group, unit, amount, name: 'mergeMap, at once' },
      run: () => waitForCompletion(from(list).pipe(mergeMap((value) => of(value + 1), 3))),
    },
    {
      ...{ group, unit, amount, name: 'mergeMap, a promise' },
      run: () => waitForCompletion(from(list).pipe(mergeMap((value) => Promise.resolve(value + 1), 3))),
    },
    {
      ...{ group, unit, amount, name: 'Node Transform' },
      run: () =>
        pipeline(
          Readable.from(list),
          new Transform({ objectMode: true, transform: (value: number, _, done) => done(null, value + 1) }),
          async (source: AsyncIterable<number>) => {
            for await (const value of source) last = value
          },
        ),
    },
    {
      ...{ group, unit, amount, name: 'Node Readable.map, 3 at once' },
      run: async () => {
        const mapped = Readable.from(list).map((value: number) => Promise.resolve(value + 1), {
          concurrency: 3,
        })
        for await (const value of mapped) last = value as number
      },
    },
  ]
}

/** Receives results, so that the work is not optimised away. */
export let last = 0

const runToEnd = (flow: Flow<number>): Promise<void> =>
  run(flow, (value) => {
    last = value
    return EMPTY
  }).done

async function waitForCompletion(values: Observable<number>): Promise<void> {
  last = await lastValueFrom(values)
}
