import fc from 'fast-check'
import { Observable, Subject, defer, finalize, map, of, retry, tap } from 'rxjs'
import { expect, it } from 'vitest'
import { Flow, Scope, SingleFlight, type Stage, branch, expand, run, stage } from '../../../lib/flow/index.js'
import { build, counted, line, numbers, order, runs, tick, ticks } from '../../support/flow-lines.js'

it('law 6: branches lose nothing, keep to their stage, and stay bounded under a slow reader', async () => {
  const key = fc.constantFrom('a', 'b', 'c')
  const slots = fc.integer({ min: 1, max: 4 })
  await fc.assert(
    fc.asyncProperty(
      fc.array(key, { maxLength: 30 }),
      fc.tuple(slots, slots, slots),
      async (keys, [a, b, c]) => {
        const source = counted(keys.map((key, index) => ({ key, index })))
        const lane = (name: string, slots: number): Stage<{ key: 'a' | 'b' | 'c'; index: number }, string> =>
          stage(
            async ({ key, index }) => {
              if (key !== name) throw new Error(`${key} came down the branch of ${name}`)
              await tick()
              return `${name}${index}`
            },
            { slots },
          )
        const cases = { a: lane('a', a), b: lane('b', b), c: lane('c', c) }
        const flow = source.flow.pipe(branch(({ key }) => key, cases))
        const demand = new Subject<number>()
        const emitted: string[] = []
        let done = false as boolean
        flow
          .open(demand, new Scope())
          .subscribe({ next: (each) => emitted.push(each), complete: () => (done = true) })
        const bound = a + b + c + 3 /* one result ready in each lane */ + 1 /* the element at the fork */
        while (!done) {
          demand.next(1)
          for (let turn = 0; turn < 4; turn++) {
            await tick()
            expect(source.count.read - emitted.length).toBeLessThanOrEqual(bound)
          }
        }
        expect(emitted.sort()).toEqual(keys.map((key, index) => `${key}${index}`).sort())
        expect(source.count.released).toBe(1)
      },
    ),
    runs,
  )
})

it('law 6: nested expansion is bounded by its slots, complete, and in order where order is asked for', async () => {
  const sizes = fc.array(fc.integer({ min: 0, max: 5 }), { maxLength: 8 })
  await fc.assert(
    fc.asyncProperty(sizes, fc.integer({ min: 1, max: 4 }), order, async (sizes, slots, order) => {
      let open = 0
      let most = 0
      let read = 0
      const names = (size: number, outer: number): string[] =>
        numbers(size).map((inner) => `${outer}.${inner}`)
      const project = ({ size, outer }: { size: number; outer: number }): Flow<string> =>
        new Flow((demand, scope) =>
          defer(() => {
            most = Math.max(most, ++open)
            return Flow.from(names(size, outer))
              .pipe(stage((name: string) => tick().then(() => name)))
              .open(demand, scope)
              .pipe(
                tap(() => read++),
                finalize(() => open--),
              )
          }),
        )
      const outer = Flow.from(sizes.map((size, outer) => ({ size, outer })))
      const demand = new Subject<number>()
      const emitted: string[] = []
      let done = false as boolean
      outer
        .pipe(expand(project, { slots, order }))
        .open(demand, new Scope())
        .subscribe({ next: (each) => emitted.push(each), complete: () => (done = true) })
      while (!done) {
        demand.next(1)
        for (let turn = 0; turn < 3; turn++) {
          await tick()
          expect(read - emitted.length).toBeLessThanOrEqual(slots)
        }
      }
      const all = sizes.flatMap(names)
      expect(order === 'source' ? emitted : emitted.sort()).toEqual(order === 'source' ? all : all.sort())
      expect(most).toBeLessThanOrEqual(slots)
      expect(open).toBe(0)
    }),
    runs,
  )
})

it('law 7: one flight for each key, one result for all, the last leaver cancels, nothing is kept', async () => {
  const joiner = fc.record({
    key: fc.constantFrom('x', 'y'),
    joins: fc.integer({ min: 0, max: 12 }),
    leaves: fc.option(fc.integer({ min: 0, max: 8 })),
    fails: fc.boolean(),
    retries: fc.integer({ min: 0, max: 2 }),
  })
  await fc.assert(
    fc.asyncProperty(
      fc.array(joiner, { minLength: 1, maxLength: 8 }),
      fc.boolean(),
      async (joiners, slowly) => {
        const flights = new SingleFlight<string, string>()
        const aboard = new Map<string, number>()
        const broken: string[] = []
        let starts = 0
        let stops = 0
        const scope = new Scope()
        const work = (key: string, fails: boolean) => (flight: Scope) =>
          new Observable<string>((out) => {
            starts++
            aboard.set(key, (aboard.get(key) ?? 0) + 1)
            if (aboard.get(key) !== 1) broken.push(`two flights of ${key}`)
            const gone = (): void => void aboard.set(key, aboard.get(key)! - 1)
            if (slowly) flight.defer(() => ticks(2).then(gone)) // cleared away before the next one starts
            let live = true
            void ticks(5).then(() => {
              if (!live) return
              if (fails) out.error(new Error('no'))
              else {
                out.next(key)
                out.complete()
              }
            })
            return () => {
              live = false
              stops++
              if (!slowly) gone()
            }
          })
        await Promise.all(
          joiners.map(async ({ key, joins, leaves, fails, retries }) => {
            await ticks(joins)
            await new Promise<void>((resolve) => {
              const reading = flights
                .join(key, work(key, fails), scope)
                .pipe(retry(retries))
                .subscribe({
                  next: (value) => {
                    if (value !== key) broken.push(`${key} got ${value}`)
                  },
                  error: () => resolve(),
                  complete: () => resolve(),
                })
              if (leaves === null) return
              void ticks(leaves).then(() => {
                reading.unsubscribe()
                resolve()
              })
            })
          }),
        )
        await scope.close()
        expect(broken).toEqual([])
        expect(starts).toBe(stops)
        expect(flights.size).toBe(0)
        expect([...aboard.values()].every((count) => count === 0)).toBe(true)
      },
    ),
    runs,
  )
})

it('law 8: a flow can be read twice, at once or one after the other', async () => {
  await fc.assert(
    fc.asyncProperty(line, async (shape) => {
      const source = counted(numbers(shape.count))
      const { flow } = build(shape, source.flow)
      const read = async (): Promise<number[]> => {
        const elements: number[] = []
        await run(flow, (element) => of(elements.push(element))).done
        return elements.sort((a, b) => a - b)
      }
      const all = numbers(shape.count)
      expect(await Promise.all([read(), read()])).toEqual([all, all])
      expect(await read()).toEqual(all)
      expect(source.count.opened).toBe(3)
      expect(source.count.released).toBe(3)
    }),
    runs,
  )
})

it('law 8: synchronous stages do not grow the stack', async () => {
  const count = 20_000
  let flow: Flow<number> = Flow.from(numbers(count))
  for (let each = 0; each < 6; each++) flow = flow.pipe(stage((element: number) => of(element + 1)))
  let sum = 0
  await run(flow, (element) => of((sum += element))).done
  expect(sum).toBe((count * (count - 1)) / 2 + 6 * count)
})

it('law 9: a listener that throws harms nobody: not the run, not the other listeners', async () => {
  const throws = fc.array(fc.record({ every: fc.integer({ min: 1, max: 4 }), piped: fc.boolean() }), {
    minLength: 1,
    maxLength: 3,
  })
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: 0, max: 12 }), throws, async (count, listeners) => {
      const flow = Flow.from(numbers(count)).pipe(
        stage((element: number, turn) => {
          turn.emit({ type: 'seen', element })
          return of(element)
        }),
      )
      const scope = new Scope()
      let failing = 0
      for (const { every, piped } of listeners) {
        let heard = 0
        let failed = false
        const listen = (): void => {
          if (++heard % every > 0) return
          if (!failed) failing++
          failed = true
          throw new Error('listener bug')
        }
        if (piped) scope.events.pipe(map((event) => event.type)).subscribe(listen)
        else scope.events.subscribe({ next: listen })
      }
      const heard: unknown[] = []
      const reported: unknown[] = []
      scope.events.subscribe((event) => {
        if (event.type === 'listener-failed') reported.push(event['error'])
        else heard.push(event['element'])
      })
      const elements: number[] = []
      const { done, closed } = run(flow, (element) => of(elements.push(element)), scope)
      await done
      await closed()
      expect(elements).toEqual(numbers(count))
      expect(heard).toEqual(numbers(count))
      expect(reported).toHaveLength(failing)
    }),
    runs,
  )
})
