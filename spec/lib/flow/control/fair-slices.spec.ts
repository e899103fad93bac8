import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { FairSlices } from '../../../../lib/flow/control/fair-slices.js'

/** A set of slots, whose time is set by the test. */
class Slots {
  now = 0
  readonly slices = new FairSlices(() => this.now)
  readonly active: Download[] = []
  readonly waiting: Download[] = []
  interruptions = 0
  /** The groups that got a slot, in order. */
  readonly #served: object[] = []

  constructor(readonly size: number) {}

  /** Asks for a slot. */
  ask(group: object, name: string, priority = 0): Download {
    const download: Download = { group, name, priority, slice: undefined }
    this.#wait(download)
    this.#fill()
    return download
  }

  /** Ends a download. */
  end(download: Download): void {
    download.slice?.end()
    for (const list of [this.active, this.waiting])
      if (list.includes(download)) list.splice(list.indexOf(download), 1)
    this.#fill()
  }

  /** Lets time pass, with a check every quarter of a second, as the timer makes them. */
  pass(milliseconds: number): void {
    for (let passed = 0; passed < milliseconds; passed += 250) {
      this.now += 250
      this.slices.check()
    }
  }

  activeOf(group: object): string[] {
    return this.active.filter((each) => each.group === group).map(({ name }) => name)
  }

  #wait(download: Download): void {
    download.slice = this.slices.add({
      group: download.group,
      priority: () => download.priority,
      interrupt: () => {
        this.interruptions++
        download.slice?.end()
        this.active.splice(this.active.indexOf(download), 1)
        this.#wait(download)
        this.#fill()
      },
    })
    this.waiting.push(download)
  }

  /** Gives free slots to the group with the fewest, of several to the one served longest ago, as the actor does. */
  #fill(): void {
    while (this.active.length < this.size && this.waiting.length > 0) {
      const urgency = Math.max(...this.waiting.map(({ priority }) => priority))
      const urgent = this.waiting.filter(({ priority }) => priority === urgency)
      const lastServed = ({ group }: Download): number => this.#served.lastIndexOf(group)
      const [next] = urgent.sort(
        (a, b) =>
          this.activeOf(a.group).length - this.activeOf(b.group).length || lastServed(a) - lastServed(b),
      )
      this.#served.push(next!.group)
      this.waiting.splice(this.waiting.indexOf(next!), 1)
      this.active.push(next!)
      next!.slice!.begin()
    }
  }
}

interface Download {
  readonly group: object
  readonly name: string
  readonly priority: number
  slice: ReturnType<FairSlices['add']> | undefined
}

describe('fair slices', () => {
  const [large, small] = [{}, {}]

  it('interrupt the latest download of a group with several slots for a group with none', () => {
    const slots = new Slots(3)
    for (const name of ['a', 'b', 'c']) {
      slots.ask(large, name)
      slots.now += 1_000
    }
    slots.ask(small, 'x')
    slots.pass(750)
    expect(slots.activeOf(small)).toEqual(['x'])
    expect(slots.activeOf(large)).toEqual(['a', 'b'])
    expect(slots.interruptions).toBe(1)
  })

  it('interrupt nothing while every group has a slot', () => {
    const slots = new Slots(2)
    for (const name of ['a', 'b', 'c']) slots.ask(large, name)
    slots.ask(small, 'x')
    slots.pass(750)
    const { interruptions } = slots
    slots.ask(small, 'y')
    slots.pass(60_000)
    expect(slots.interruptions).toBe(interruptions)
  })

  it('interrupt no download of a higher priority', () => {
    const slots = new Slots(2)
    slots.ask(large, 'a', 1)
    slots.ask(large, 'b', 1)
    slots.ask(small, 'x')
    slots.pass(60_000)
    expect(slots.interruptions).toBe(0)
  })

  it('interrupt a download whose group has no other only after its slice', () => {
    const slots = new Slots(1)
    slots.ask(large, 'a')
    slots.ask(small, 'x')
    slots.pass(4_750)
    expect(slots.activeOf(large)).toEqual(['a'])
    slots.pass(500)
    expect(slots.activeOf(small)).toEqual(['x'])
  })

  it('let every group have a slot in time, whatever the numbers of groups, slots and downloads', () => {
    const shape = fc.record({
      size: fc.integer({ min: 1, max: 5 }),
      groups: fc.array(fc.integer({ min: 1, max: 8 }), { minLength: 1, maxLength: 5 }),
    })
    fc.assert(
      fc.property(shape, ({ size, groups }) => {
        const slots = new Slots(size)
        const served = new Set<object>()
        const keys = groups.map(() => ({}))
        for (const [index, count] of groups.entries())
          for (let at = 0; at < count; at++) slots.ask(keys[index]!, `${index}.${at}`)
        const rounds = Math.ceil(groups.length / size) + 1
        for (let step = 0; step < rounds * 24; step++) {
          slots.pass(250)
          for (const { group } of slots.active) served.add(group)
          expect(slots.active.length).toBe(
            Math.min(
              size,
              groups.reduce((sum, count) => sum + count, 0),
            ),
          )
        }
        expect(served.size).toBe(groups.length)
        // In the long run, nothing is interrupted more often than once a slice and slot.
        expect(slots.interruptions).toBeLessThanOrEqual(groups.length + (size * rounds * 6_000) / 5_000)
      }),
    )
  })
})
