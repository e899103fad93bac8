import fc from 'fast-check'
import { of, throwError } from 'rxjs'
import { expect, it } from 'vitest'
import { Scope, stage } from '../../../lib/flow/index.js'
import { build, counted, line, numbers, runs, tick, ticks } from '../../support/flow-lines.js'

it('law 4: cancelling at any moment releases everything, once, and nothing is emitted after', async () => {
  await fc.assert(
    fc.asyncProperty(line, fc.integer({ min: 0, max: 40 }), async (shape, when) => {
      const source = counted(numbers(shape.count))
      const { flow, gauges } = build(shape, source.flow)
      const scope = new Scope()
      let after = 0
      let left = false as boolean
      let finished = false as boolean
      const reading = flow.toObservable(scope).subscribe({
        next: () => {
          if (left) after++
        },
        complete: () => {
          finished = true
        },
      })
      await ticks(when)
      left = true
      const running = gauges.reduce((sum, gauge) => sum + gauge.now, 0)
      reading.unsubscribe()
      const aborted = gauges.reduce((sum, gauge) => sum + gauge.aborted, 0)
      expect(aborted).toBe(running) // every signal, at once; none of those that had ended
      expect(source.count.released).toBe(1)
      await scope.close()
      expect(scope.idle).toBe(true)
      expect(after).toBe(0)
      for (const gauge of gauges) {
        expect(gauge.now).toBe(0)
        expect(gauge.started).toBe(gauge.ended)
        if (finished) expect(gauge.aborted).toBe(0)
      }
      await ticks(2)
      expect(gauges.every((gauge) => gauge.started === gauge.ended)).toBe(true) // and nothing begins after it
    }),
    runs,
  )
})

it('law 5: one failure aborts every sibling, upstream and downstream, and surfaces once, after teardown', async () => {
  await fc.assert(
    fc.asyncProperty(line, fc.nat(), fc.boolean(), async (shape, at, downstream) => {
      const source = counted(numbers(shape.count))
      const bad = shape.count === 0 ? -1 : at % shape.count
      const failing = stage(
        (element: number) => (element === bad ? throwError(() => new Error('bad')) : of(element)),
        {
          slots: 2,
        },
      )
      const { flow: built, gauges } = build(shape, downstream ? source.flow : source.flow.pipe(failing))
      const flow = downstream ? built.pipe(failing) : built
      const scope = new Scope()
      const events: string[] = []
      scope.events.subscribe((event) => events.push(event.type))
      let errors = 0
      let completions = 0
      let open: number | undefined
      await new Promise<void>((resolve) => {
        const end = (): void => {
          open = source.count.opened - source.count.released
          resolve()
        }
        flow.toObservable(scope).subscribe({
          error: () => {
            errors++
            end()
          },
          complete: () => {
            completions++
            end()
          },
        })
      })
      const before = gauges.map((gauge) => gauge.started)
      for (const gauge of gauges) expect(gauge.aborted).toBeGreaterThanOrEqual(gauge.now)
      await scope.close()
      await tick()
      expect([errors, completions]).toEqual(bad < 0 ? [0, 1] : [1, 0])
      expect(open).toBe(0)
      expect(events).toEqual(bad < 0 ? [] : ['failure'])
      expect(gauges.map((gauge) => gauge.started)).toEqual(before)
      for (const gauge of gauges) expect(gauge.now).toBe(0)
    }),
    runs,
  )
})
