/** Provides `enforceContract`, which enforces the rules of a flow. */
import { Observable, Subject, Subscription, defer } from 'rxjs'
import type { Demand } from './demand.js'
import { ProtocolError } from './protocol-error.js'
import type { Scope } from '../lifetime/scope.js'
import { endAfterTeardown } from './end-after-teardown.js'
import { trampoline } from '../lifetime/trampoline.js'

/**
 * Opens a flow for one reader. Subscribing to the result starts the flow; `demand` says how many elements it may emit.
 */
export type Open<T> = (demand: Demand, scope: Scope) => Observable<T>

const isDemand = (count: number): boolean => count === Infinity || (Number.isInteger(count) && count >= 0)

/**
 * Wraps `open` so that it keeps the contract of a flow: no element before the first demand, never more elements than
 * requested, and no completion or error before the teardown is complete. `open` receives only valid demand, and never a
 * demand while it handles another one.
 * @param name name of the flow in errors
 * @throws ProtocolError (as an error of the flow) on invalid demand, and when `open` emits more than requested
 */
export function enforceContract<T>(name: string, open: Open<T>): Open<T> {
  return (demand, scope) =>
    new Observable((out) => {
      const innerDemand = new Subject<number>()
      let allowed = 0
      let unsent = 0
      const reading = new Subscription()
      const fail = (error: unknown): void => {
        reading.unsubscribe()
        out.error(error)
      }
      // Demand that arrives while other demand is handled is queued, so that a source never sees a reentrant call.
      const sendDemand = trampoline(() => {
        const count = unsent
        unsent = 0
        if (count > 0) innerDemand.next(count)
      })
      const elements = endAfterTeardown(defer(() => open(innerDemand, scope))).subscribe({
        next: (value) => {
          if (allowed === 0) {
            fail(new ProtocolError(name, 'emitted more elements than it was asked for'))
            return
          }
          allowed--
          out.next(value)
        },
        error: (error: unknown) => out.error(error),
        complete: () => out.complete(),
      })
      reading.add(elements)
      out.add(reading)
      out.add(
        demand.subscribe({
          next: (count) => {
            if (!isDemand(count)) {
              fail(
                new ProtocolError(
                  name,
                  `a demand must be a whole number of at least 0 or Infinity, not ${count}`,
                ),
              )
              return
            }
            allowed += count
            unsent += count
            sendDemand()
          },
          error: fail,
        }),
      )
    })
}
