/** Applies faults to the responses of the embedded registry, each a limited number of times. */
import type { Answer, BreakOff } from './answer.js'
import type { Fault } from './fault.js'
import type { RequestLogEntry } from './request-log.js'

/** The faults of one registry. */
export class FaultPlan {
  /** How often each fault may still be applied. */
  readonly #remaining = new Map<Fault, number>()
  /** Names of the faults that were applied, in order. */
  readonly applied: string[] = []

  constructor(planned: readonly Fault[] = []) {
    for (const each of planned) this.add(each)
  }

  /** Adds a fault after the existing ones. */
  add(each: Fault): void {
    this.#remaining.set(each, each.times ?? 1)
  }

  /** Removes all faults. */
  clear(): void {
    this.#remaining.clear()
  }

  /** Returns where and how to stop reading the body of a request; undefined to read all of it. */
  stopReadingAt(request: RequestLogEntry): BreakOff | undefined {
    for (const [each, remaining] of this.#remaining) {
      if (remaining <= 0 || each.stopReading === undefined || !each.where(request)) continue
      this.#remaining.set(each, remaining - 1)
      this.applied.push(each.name)
      return each.stopReading
    }
    return undefined
  }

  /** Applies all faults that match the request, in the order in which they were added. */
  apply(answer: Answer, request: RequestLogEntry): Answer {
    let result = answer
    for (const [each, remaining] of this.#remaining) {
      if (remaining <= 0 || !each.where(request)) continue
      const other = each.act(result, request)
      if (other === undefined) continue
      this.#remaining.set(each, remaining - 1)
      this.applied.push(each.name)
      result = other
    }
    return result
  }
}
