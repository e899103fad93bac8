import { EMPTY, Subject } from 'rxjs'
import { describe, expect, it } from 'vitest'
import { follow, progressKind } from '../../../cli/setup/progress-flags.js'
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

describe('the kind of progress', () => {
  it('is none if the command is quiet', () => {
    expect(progressKind({ progress: 'json', quiet: true })).toBe('none')
    expect(progressKind({ progress: 'json' })).toBe('json')
  })

  it.each([
    ['json', ''],
    ['docker', ''],
    ['plain', 'windlass: no\n'],
    ['none', 'windlass: no\n'],
  ] as const)('%s decides whether the failure was reported by the events', async (progress, text) => {
    const terminal = new TestTerminal()
    const format = progress === 'json' || progress === 'docker' ? progress : 'text'
    const console = Object.assign(terminal, { messages: new Messages(terminal.stderr, { format }) })
    const failure = new WindlassError('NETWORK', 'no')
    const done = Promise.reject(failure)
    const pull = { events: EMPTY, done, closed: () => Promise.resolve() }
    await expect(follow(pull, { progress }, console)).rejects.toBe(failure)
    console.messages.error(failure)
    expect(terminal.err).toBe(text)
  })

  it('of a terminal leaves no listener', async () => {
    const terminal = new TestTerminal()
    Object.assign(terminal.stderr, { isTTY: true, columns: 80, rows: 24 })
    const console = Object.assign(terminal, { messages: new Messages(terminal.stderr) })
    const pull = { events: EMPTY, done: Promise.resolve(1), closed: () => Promise.resolve() }
    expect(await follow(pull, { progress: 'tty' }, console)).toBe(1)
    expect(terminal.stderr.listenerCount('resize')).toBe(0)
  })
})
