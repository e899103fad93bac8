/** Provides a source of a flow that a test controls step by step. */
import assert from 'node:assert/strict'
import { Observable, type Subscriber } from 'rxjs'
import { Flow } from '../flow/index.js'

/** A source of a flow. The `expect` functions throw an AssertionError if the expectation is not met. */
export interface SourceProbe<T> {
  readonly flow: Flow<T>
  /** Expects that `count` elements have been requested since the last call. */
  readonly expectRequest: (count: number) => void
  /** Emits elements. */
  readonly send: (...items: readonly T[]) => void
  /** Fails the flow. */
  readonly fail: (error: unknown) => void
  /** Completes the flow. */
  readonly end: () => void
  /** Expects that the flow was opened and every subscription has ended. */
  readonly expectReleased: () => void
}

/** Returns a source for one reader at a time: only the last subscriber receives elements. */
export function sourceProbe<T>(): SourceProbe<T> {
  let reader: Subscriber<T> | undefined
  let requested = 0
  let opened = 0
  let released = 0
  const current = (): Subscriber<T> => {
    assert.ok(reader, 'the source probe has no reader')
    return reader
  }
  return {
    flow: new Flow<T>(
      (demand) =>
        new Observable((out) => {
          opened++
          reader = out
          out.add(() => {
            released++
            if (reader === out) reader = undefined
          })
          out.add(demand.subscribe((count) => (requested += count)))
        }),
      'source probe',
    ),
    expectRequest: (count) => {
      const actual = requested
      requested = 0
      assert.equal(actual, count, `${actual} elements were requested, not ${count}`)
    },
    send: (...items) => {
      for (const item of items) current().next(item)
    },
    fail: (error) => current().error(error),
    end: () => current().complete(),
    expectReleased: () => {
      assert.ok(opened > 0, 'the source probe was never opened')
      assert.equal(released, opened, `opened ${opened} times, released ${released} times`)
    },
  }
}
