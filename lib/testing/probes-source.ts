/** A source that a test plays by hand: it sees what is asked for, and sends, fails or ends when told to. */
import assert from 'node:assert/strict'
import { Observable, type Subscriber } from 'rxjs'
import { Flow } from '../flow/index.js'

export interface SourceProbe<T> {
  readonly flow: Flow<T>
  /** That `count` elements have been asked for since the last time this was checked. */
  readonly expectRequest: (count: number) => void
  readonly send: (...items: readonly T[]) => void
  readonly fail: (error: unknown) => void
  readonly end: () => void
  /** That it was opened, and has been let go as often. */
  readonly expectReleased: () => void
}

/** A probe for one reader at a time; the latest to open it is the one that is sent to. */
export function sourceProbe<T>(): SourceProbe<T> {
  let reader: Subscriber<T> | undefined
  let requested = 0
  let opened = 0
  let released = 0
  const current = (): Subscriber<T> => {
    assert.ok(reader, 'nobody reads the source probe')
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
      const seen = requested
      requested = 0
      assert.equal(seen, count, `${seen} elements were asked for, not ${count}`)
    },
    send: (...items) => {
      for (const item of items) current().next(item)
    },
    fail: (error) => current().error(error),
    end: () => current().complete(),
    expectReleased: () => {
      assert.ok(opened > 0, 'the source probe was never opened')
      assert.equal(released, opened, `opened ${opened} times, let go ${released} times`)
    },
  }
}
