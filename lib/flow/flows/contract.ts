/**
 * Holds every flow to its contract, in one place: nothing before the first demand, never more than was asked for,
 * the end only after teardown. What a flow is made of may rely on valid demand and need not mind re-entrant readers.
 */
import { Observable, Subject, Subscription, defer } from 'rxjs'
import type { Demand } from './demand.js'
import { ProtocolError } from './protocol-error.js'
import type { Scope } from '../lifetime/scope.js'
import { settled } from './settled.js'
import { trampoline } from '../lifetime/trampoline.js'

export type Open<T> = (demand: Demand, scope: Scope) => Observable<T>

const isDemand = (count: number): boolean => count === Infinity || (Number.isInteger(count) && count >= 0)

/** `open` with its demand checked, and a `ProtocolError` naming `name` where it emits beyond it. */
export function contract<T>(name: string, open: Open<T>): Open<T> {
  return (demand, scope) =>
    new Observable((out) => {
      const wants = new Subject<number>()
      let allowed = 0
      let unsent = 0
      const reading = new Subscription()
      const fail = (error: unknown): void => {
        reading.unsubscribe()
        out.error(error)
      }
      // A demand that comes while another is being answered waits its turn: sources need no loop of their own for it.
      const send = trampoline(() => {
        const count = unsent
        unsent = 0
        if (count > 0) wants.next(count)
      })
      const elements = settled(defer(() => open(wants, scope))).subscribe({
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
                new ProtocolError(name, `a demand must be a whole number from 0 or Infinity, not ${count}`),
              )
              return
            }
            allowed += count
            unsent += count
            send()
          },
          error: fail,
        }),
      )
    })
}
