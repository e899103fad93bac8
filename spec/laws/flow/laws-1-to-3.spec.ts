import fc from 'fast-check'
import { Subject } from 'rxjs'
import { expect, it } from 'vitest'
import { Scope } from '../../../lib/flow/index.js'
import {
  type LineShape,
  build,
  counted,
  line,
  numbers,
  runs,
  slotsOf,
  tick,
} from '../../support/flow-lines.js'

/** Reads a random line step by step, with `check` after each turn of the event loop. */
async function readInSteps(
  shape: LineShape,
  check: (state: { read: number; emitted: number; asked: number }) => void,
): Promise<{ emitted: number[]; released: number; most: number[] }> {
  const source = counted(numbers(shape.count))
  const { flow, gauges } = build(shape, source.flow)
  const demand = new Subject<number>()
  const emitted: number[] = []
  let asked = 0
  let done = false as boolean
  const look = (): void => check({ read: source.count.read, emitted: emitted.length, asked })
  flow.open(demand, new Scope()).subscribe({
    next: (element) => {
      emitted.push(element)
      look()
    },
    complete: () => {
      done = true
    },
  })
  await tick()
  look()
  for (const count of shape.demand) {
    asked += count
    demand.next(count)
    const enough = Math.min(asked, shape.count)
    for (let turn = 0; turn < 8 || (turn < 400 && emitted.length < enough); turn++) {
      await tick()
      look()
    }
    expect(emitted.length).toBe(enough) // what was asked for does come
  }
  asked = Infinity
  demand.next(Infinity)
  while (!done) {
    await tick()
    look()
  }
  return { emitted, released: source.count.released, most: gauges.map(({ most }) => most) }
}

it('law 1: a flow never emits beyond its demand, and reads nothing before the first', async () => {
  await fc.assert(
    fc.asyncProperty(line, async (shape) => {
      await readInSteps(shape, ({ read, emitted, asked }) => {
        if (emitted > asked) throw new Error(`${emitted} emitted, ${asked} asked for`)
        if (asked === 0 && read > 0) throw new Error('read before the first demand')
      })
    }),
    runs,
  )
})

it('law 2: at most the sum of the slots is read ahead of what has left, whatever the pace', async () => {
  await fc.assert(
    fc.asyncProperty(line, async (shape) => {
      const bound = slotsOf(shape)
      const { most } = await readInSteps(shape, ({ read, emitted }) => {
        if (read - emitted > bound) throw new Error(`${read - emitted} read ahead, with ${bound} slots`)
      })
      most.forEach((served, at) => expect(served).toBeLessThanOrEqual(shape.stages[at]!.slots))
    }),
    runs,
  )
})

it("law 3: nothing is lost or doubled, and with order 'source' everywhere order is kept", async () => {
  await fc.assert(
    fc.asyncProperty(line, async (shape) => {
      const { emitted, released } = await readInSteps(shape, () => undefined)
      const ordered = shape.stages.every((each) => each.order === 'source')
      expect(ordered ? emitted : emitted.sort((a, b) => a - b)).toEqual(numbers(shape.count))
      expect(released).toBe(1)
    }),
    runs,
  )
})

it('law 2: a line at rest has all its slots taken, and no more', async () => {
  await fc.assert(
    fc.asyncProperty(line, async (shape) => {
      const source = counted(numbers(100))
      const { flow } = build(shape, source.flow)
      const demand = new Subject<number>()
      let emitted = 0
      const reading = flow.open(demand, new Scope()).subscribe(() => emitted++)
      demand.next(1)
      for (let turn = 0; turn < 60; turn++) await tick()
      expect(emitted).toBe(1)
      expect(source.count.read).toBe(1 + slotsOf(shape))
      reading.unsubscribe()
    }),
    runs,
  )
})
