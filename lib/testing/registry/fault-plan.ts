/** Which faults strike a request, and how often each still may. */
import type { Answer } from './answer.js'
import type { Fault } from './fault.js'
import type { RequestLogEntry } from './request-log.js'

/** The faults of one registry, each counted. */
export class FaultPlan {
  readonly #left = new Map<Fault, number>()
  /** Names of those that struck, in order. */
  readonly struck: string[] = []

  constructor(planned: readonly Fault[] = []) {
    for (const each of planned) this.add(each)
  }

  add(each: Fault): void {
    this.#left.set(each, each.times ?? 1)
  }

  clear(): void {
    this.#left.clear()
  }

  apply(answer: Answer, request: RequestLogEntry): Answer {
    let result = answer
    for (const [each, left] of this.#left) {
      if (left <= 0 || !each.where(request)) continue
      const other = each.act(result, request)
      if (other === undefined) continue
      this.#left.set(each, left - 1)
      this.struck.push(each.name)
      result = other
    }
    return result
  }
}
