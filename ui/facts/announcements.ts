/** Decides what a screen reader is told: starts, pauses, ends, failures and a new holder; one sentence in ten seconds at most. */
import type { PullState } from '../../lib/api/server-state.js'
import { splitName } from './names.js'
import { causeOf, nameOf } from './pull-words.js'

/** Milliseconds between two sentences. */
const interval = 10_000

const sentences: Readonly<Record<PullState['record']['state'], (name: string, pull: PullState) => string>> = {
  running: (name) => `The pull of ${name} runs.`,
  paused: (name) => `The pull of ${name} is paused.`,
  done: (name) => `The pull of ${name} is done.`,
  failed: (name, { snapshot }) => `The pull of ${name} failed: ${causeOf(snapshot.error?.code)}.`,
  cancelled: (name) => `The pull of ${name} is cancelled.`,
  interrupted: (name) => `The pull of ${name} was interrupted.`,
}

/** Collects sentences and gives out one at a time. */
export class Announcer {
  #states = new Map<string, PullState['record']['state']>()
  #isFirst = true
  #verdict = ''
  #waiting: string[] = []
  #last = -Infinity

  /** Notes the states of the pulls, and the sentence about the line. The first call only learns them. */
  observe(pulls: readonly PullState[], verdict: string): void {
    for (const pull of pulls) {
      const { id, state } = pull.record
      if (this.#states.get(id) !== state && !this.#isFirst)
        this.say(sentences[state](splitName(nameOf(pull)).bold, pull))
    }
    this.#states = new Map(pulls.map(({ record }) => [record.id, record.state]))
    if (verdict !== this.#verdict && !this.#isFirst) this.say(verdict)
    this.#verdict = verdict
    this.#isFirst = false
  }

  /** Adds a sentence. Only the last four are worth hearing. */
  say(sentence: string): void {
    this.#waiting = [...this.#waiting.filter((each) => each !== sentence), sentence].slice(-4)
  }

  /** Adds a sentence that answers what the user did: it comes at once. */
  answer(sentence: string): void {
    this.#waiting = [sentence]
    this.#last = -Infinity
  }

  /** Returns the sentence to be heard at `now`; undefined to leave the region as it is. */
  next(now: number): string | undefined {
    if (this.#waiting.length === 0 || now - this.#last < interval) return undefined
    this.#last = now
    return this.#waiting.shift()
  }
}
