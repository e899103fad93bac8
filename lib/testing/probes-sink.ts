/** Provides a reader of a flow that a test controls step by step. */
import assert from 'node:assert/strict'
import { Subject } from 'rxjs'
import { type Flow, Scope } from '../flow/index.js'

/** A reader of a flow. The `expect` functions reject with an AssertionError if the expectation is not met. */
export interface SinkProbe<T> {
  /** Requests `count` more elements. */
  readonly request: (count: number) => void
  /** Expects exactly these elements next, in this order. */
  readonly expect: (...items: readonly T[]) => Promise<void>
  /** Expects neither an element nor the end for `quiet` milliseconds. */
  readonly expectNothing: () => Promise<void>
  /** Expects the flow to complete. */
  readonly expectEnd: () => Promise<void>
  /**
   * Expects the flow to fail. If `code` is given, it must be the `code` or `name` of the error. Resolves to the error.
   */
  readonly expectError: (code?: string) => Promise<unknown>
  /** Unsubscribes from the flow. */
  readonly leave: () => void
  readonly scope: Scope
}

/** Options of `sinkProbe`. */
export interface SinkProbeOptions {
  /** Milliseconds to wait for an expected signal. Default: 1000. */
  readonly timeout?: number
  /** Milliseconds that `expectNothing` waits. Default: 20. */
  readonly quiet?: number
}

type Signal<T> = { readonly next: T } | { readonly error: unknown } | 'end'

/** Returns a reader that has opened `flow` and requested nothing. */
export function sinkProbe<T>(
  flow: Flow<T>,
  { timeout = 1000, quiet = 20 }: SinkProbeOptions = {},
): SinkProbe<T> {
  const demand = new Subject<number>()
  const scope = new Scope()
  const signals: Signal<T>[] = []
  let wake = (): void => undefined
  const signal = (each: Signal<T>): void => {
    signals.push(each)
    wake()
  }
  const reading = flow.open(demand, scope).subscribe({
    next: (value) => signal({ next: value }),
    error: (error: unknown) => signal({ error }),
    complete: () => signal('end'),
  })
  const next = async (what: string): Promise<Signal<T>> => {
    if (signals.length === 0)
      await new Promise<void>((resolve, reject) => {
        const timer = setTimeout(
          () => reject(new assert.AssertionError({ message: `${what} did not arrive within ${timeout} ms` })),
          timeout,
        )
        wake = () => {
          clearTimeout(timer)
          resolve()
        }
      })
    return signals.shift()!
  }
  const throwIfError = (each: Signal<T>): void => {
    if (each !== 'end' && 'error' in each) throw each.error
  }
  return {
    scope,
    request: (count) => demand.next(count),
    expect: async (...items) => {
      for (const item of items) {
        const each = await next('an element')
        throwIfError(each)
        assert.ok(each !== 'end' && 'next' in each, 'the flow ended, but an element was expected')
        assert.deepEqual(each.next, item)
      }
    },
    expectNothing: async () => {
      await new Promise((resolve) => setTimeout(resolve, quiet))
      assert.deepEqual(signals, [], 'an element or the end arrived, but nothing was expected')
    },
    expectEnd: async () => {
      const each = await next('the end')
      throwIfError(each)
      assert.equal(each, 'end', 'an element arrived, but the end was expected')
    },
    expectError: async (code) => {
      const each = await next('an error')
      assert.ok(each !== 'end' && 'error' in each, 'the flow did not fail')
      if (code !== undefined)
        assert.ok(
          codeAndNameOf(each.error).includes(code),
          `it failed, but not with ${code}: ${String(each.error)}`,
        )
      return each.error
    },
    leave: () => reading.unsubscribe(),
  }
}

const codeAndNameOf = (error: unknown): unknown[] => {
  if (typeof error !== 'object' || error === null) return []
  return ['code' in error ? error.code : undefined, 'name' in error ? error.name : undefined]
}
