/** Events as lines. */
import { Subject } from 'rxjs'
import { describe, expect, it } from 'vitest'
import { LinesView } from '../../../cli/render/lines-view.js'
import type { PullEvent } from '../../../lib/events/index.js'
import { doneEvents } from '../../support/cli/api-by-hand.js'

/** A view whose lines count the events of a pull. */
function counting(isLive: boolean) {
  const lines: string[] = []
  const encoder = () => {
    let count = 0
    return ({ pull, type }: PullEvent) => (type === 'start' ? '' : `${pull} ${(count += 1)}`)
  }
  return { lines, view: new LinesView((line) => lines.push(line), encoder, isLive) }
}
const [start, image, end] = doneEvents('a') as [PullEvent, PullEvent, PullEvent]
const other = doneEvents('b')[1]!

describe('lines of events', () => {
  it('of several pulls follow one another, without empty ones, each pull with an encoder of its own', async () => {
    const { lines, view } = counting(false)
    const [a, b] = [new Subject<PullEvent>(), new Subject<PullEvent>()]
    const [one, two] = [view.add(a), view.add(b)]
    const first = one.settle()
    b.next(other)
    for (const event of [start, image, end]) a.next(event)
    a.complete()
    await first
    const second = two.settle()
    b.next(other)
    b.complete()
    await second
    expect(lines).toEqual(['a 1', 'a 2', 'b 1'])
  })

  it('of several pulls are mixed as they come if the view is live', async () => {
    const { lines, view } = counting(true)
    const [a, b] = [new Subject<PullEvent>(), new Subject<PullEvent>()]
    const shown = [view.add(a), view.add(b)]
    a.next(image)
    b.next(other)
    a.next(end)
    expect(lines).toEqual(['a 1', 'b 1', 'a 2'])
    a.complete()
    b.complete()
    await Promise.all(shown.map((each) => each.settle()))
  })

  it.each([true, false])('end also if the events fail (live: %s)', async (isLive) => {
    const { view } = counting(isLive)
    const events = new Subject<PullEvent>()
    const settled = view.add(events).settle()
    events.error(new Error('no'))
    await settled
    expect(await view.aside(() => Promise.resolve(1))).toBe(1)
    view.close()
  })
})
