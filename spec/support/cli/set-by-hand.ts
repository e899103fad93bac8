/** A set of pulls whose starts and ends a test gives. */
import { Subject } from 'rxjs'
import { Messages, type MessageFormat } from '../../../cli/terminal/messages.js'
import type { Console } from '../../../cli/terminal/terminal.js'
import type { PullEvent } from '../../../lib/events/index.js'
import type { PulledImage } from '../../../lib/stages/index.js'
import type { PullSet, StartedPull } from '../../../puller/index.js'
import { doneEvents, imageResult } from './api-by-hand.js'
import { TestTerminal } from './test-terminal.js'

/** A pull of the set, which the test ends. */
export interface PullByHand {
  readonly events: Subject<PullEvent>
  succeed(): void
  fail(error: unknown): void
}

export interface SetByHand<Result> extends PullSet<Result> {
  /** What was done with the set, in order: `cancel`, `closed`. */
  readonly calls: string[]
  readonly reasons: unknown[]
  start(name: string): PullByHand
  /** Ends the set with its result, or with an error. */
  end(result: Result): void
  fail(error: unknown): void
}

export function setByHand<Result>(): SetByHand<Result> {
  const each = new Subject<StartedPull>()
  const calls: string[] = []
  const reasons: unknown[] = []
  const { promise: done, resolve, reject } = deferred<Result>()
  done.catch(() => undefined)
  return {
    ...{ each, done, calls, reasons, priority: 0, pause: () => undefined, resume: () => undefined },
    cancel: (reason) => {
      calls.push('cancel')
      reasons.push(reason)
      each.complete()
      reject(reason)
    },
    closed: () => {
      calls.push('closed')
      return Promise.resolve()
    },
    start: (name) => {
      const events = new Subject<PullEvent>()
      const image = deferred<PulledImage>()
      image.promise.catch(() => undefined)
      const pull = { events, done: image.promise, closed: () => Promise.resolve() }
      each.next({ name, pull: pull as unknown as StartedPull['pull'] })
      return {
        events,
        succeed: () => {
          for (const event of doneEvents(name, name)) events.next(event)
          image.resolve({ ...imageResult(name), config: {} } as unknown as PulledImage)
          events.complete()
        },
        fail: (error) => {
          image.reject(error)
          events.complete()
        },
      }
    },
    end: (result) => {
      each.complete()
      resolve(result)
    },
    fail: (error) => {
      each.complete()
      reject(error)
    },
  }
}

/** A terminal with messages in a format. */
export function testConsole(format: MessageFormat = 'text'): TestTerminal & Console {
  const terminal = new TestTerminal()
  return Object.assign(terminal, { messages: new Messages(terminal.stderr, { format }) })
}

interface Deferred<T> {
  readonly promise: Promise<T>
  readonly resolve: (value: T) => void
  readonly reject: (error: unknown) => void
}

function deferred<T>(): Deferred<T> {
  let settle: Omit<Deferred<T>, 'promise'> | undefined
  const promise = new Promise<T>((resolve, reject) => (settle = { resolve, reject }))
  return { promise, ...settle! }
}
