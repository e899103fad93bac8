import { Subject } from 'rxjs'
import { describe, expect, it } from 'vitest'
import { follow } from '../../../cli/setup/progress-flags.js'
import { Messages } from '../../../cli/terminal/messages.js'
import { WindlassError } from '../../../lib/errors.js'
import type { PullEvent } from '../../../lib/events/index.js'
import type { PulledImage } from '../../../lib/stages/index.js'
import type { Pull } from '../../../puller/index.js'
import { TestTerminal } from '../../support/cli/test-terminal.js'

/** A pull that the test ends. Its last events arrive after its result. */
function pulling(done: Promise<PulledImage>) {
  const events = new Subject<PullEvent>()
  let closed = 0
  const close = (): Promise<void> => {
    closed++
    return Promise.resolve()
  }
  const pull = { events, done, closed: close } as unknown as Pull
  const terminal = new TestTerminal()
  const messages = new Messages(terminal.stderr, { format: 'json' })
  const console = Object.assign(terminal, { messages })
  return { events, closed: () => closed, follow: () => follow(pull, { progress: 'json' }, console), console }
}

const tick = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

describe('a pull that is followed', () => {
  it('resolves after it has closed and its last event is shown', async () => {
    const image = {} as PulledImage
    const { events, closed, follow } = pulling(Promise.resolve(image))
    let over = false
    const following = follow().finally(() => (over = true))
    await tick()
    expect([closed(), over]).toEqual([1, false])
    events.complete()
    expect(await following).toBe(image)
  })

  it('reports its failure only by its events', async () => {
    const failure = new WindlassError('NETWORK', 'no')
    const { events, closed, follow, console } = pulling(Promise.reject(failure))
    const following = follow()
    events.complete()
    await expect(following).rejects.toBe(failure)
    expect(closed()).toBe(1)
    console.messages.error(failure)
    expect(console.err).toBe('')
  })
})
