/** What an actor has to do, written as simply as possible: the oracle of law 10. */

/** The urgency of a letter: none, a number, or that of a cell, which changes. */
export type Urgency = number | { readonly cell: number } | undefined

/** Selects among the numbers of letters. */
export type Picking = ((waiting: readonly number[]) => number) | undefined

/** How an attempt ends: with a reply, or with a failure and the verdict on it. */
export type Outcome = 'complete' | 'fail' | 'skip' | { readonly retry: number }

interface Letter {
  readonly id: number
  readonly urgency: Urgency
  attempt: number
}

/** The state that an actor should have after the same calls. */
export class ActorModel {
  /** Attempts in the order of their start, as `id/attempt`. */
  readonly started: string[] = []
  /** How the letters ended, in order. */
  readonly ended: string[] = []
  readonly cells = [0, 0, 0]
  paused = false
  #stopped = false
  #now = 0
  #waiting: Letter[] = []
  #running: Letter[] = []
  #delayed: { letter: Letter; at: number }[] = []

  constructor(
    public slots: number,
    readonly pick: Picking,
    /** Returns the group of a letter; undefined if groups do not count. */
    readonly groupOf?: (id: number) => number,
  ) {}

  get load(): { active: number; waiting: number } {
    return { active: this.#running.length, waiting: this.#waiting.length }
  }

  /** Letters that run, oldest first. */
  get running(): readonly number[] {
    return this.#running.map(({ id }) => id)
  }

  /** Letters whose requesters still wait for the end. */
  get open(): readonly number[] {
    return [...this.#waiting, ...this.#running, ...this.#delayed.map(({ letter }) => letter)]
      .map(({ id }) => id)
      .sort((a, b) => a - b)
  }

  ask(id: number, urgency: Urgency): void {
    if (this.#stopped) this.ended.push(`${id} error`)
    else this.#waiting.push({ id, urgency, attempt: 1 })
    this.settle()
  }

  leave(id: number): void {
    this.#waiting = this.#waiting.filter((letter) => letter.id !== id)
    this.#delayed = this.#delayed.filter(({ letter }) => letter.id !== id)
    this.#running = this.#running.filter((letter) => letter.id !== id)
    this.settle()
  }

  /** The attempt at a letter ends, with a verdict if it failed. */
  end(id: number, outcome: Outcome): void {
    const letter = this.#running.find((each) => each.id === id)!
    this.#running = this.#running.filter((each) => each !== letter)
    if (typeof outcome === 'object') this.#delayed.push({ letter, at: this.#now + outcome.retry })
    else this.ended.push(`${id} ${outcome === 'fail' ? 'error' : 'complete'}`)
    this.settle()
  }

  /** Time passes: retries come back, one after the other. */
  pass(time: number): void {
    const until = this.#now + time
    for (;;) {
      const [next] = [...this.#delayed].sort((a, b) => a.at - b.at)
      if (next === undefined || next.at > until) break
      this.#now = next.at
      this.#delayed = this.#delayed.filter((each) => each !== next)
      next.letter.attempt++
      const at = this.#waiting.findIndex(({ attempt }) => attempt === 1)
      this.#waiting.splice(at < 0 ? this.#waiting.length : at, 0, next.letter)
      this.settle()
    }
    this.#now = until
  }

  stop(): void {
    this.#stopped = true
    const delayed = this.#delayed.map(({ letter }) => letter)
    // In service, those that wait for a retry included, in the order of their service; then the queue.
    const order = this.started.map((each) => Number(each.split('/')[0]))
    const served = [...this.#running, ...delayed].sort(
      (a, b) => order.lastIndexOf(a.id) - order.lastIndexOf(b.id),
    )
    for (const { id } of [...served, ...this.#waiting]) this.ended.push(`${id} error`)
    this.#waiting = []
    this.#running = []
    this.#delayed = []
  }

  /** Starts what can start. */
  settle(): void {
    while (!this.paused && !this.#stopped && this.#running.length < this.slots && this.#waiting.length > 0) {
      const highest = Math.max(...this.#waiting.map((letter) => this.#urgencyOf(letter)))
      const candidates = this.#ofNextGroup(
        this.#waiting.filter((letter) => this.#urgencyOf(letter) === highest),
      )
      const ids = candidates.map(({ id }) => id)
      const at = this.pick === undefined || ids.length < 2 ? 0 : this.pick(ids)
      const letter = candidates[at]!
      this.#waiting = this.#waiting.filter((each) => each !== letter)
      this.#running.push(letter)
      this.started.push(`${letter.id}/${letter.attempt}`)
    }
  }

  /** Those of the group that has the least: in service, and else the longest ago. */
  #ofNextGroup(letters: Letter[]): Letter[] {
    const { groupOf } = this
    if (!groupOf) return letters
    const lastStart = (group: number): number =>
      this.started.findLastIndex((each) => groupOf(Number(each.split('/')[0])) === group)
    const rank = ({ id }: Letter): number => {
      const active = this.#running.filter((each) => groupOf(each.id) === groupOf(id)).length
      return active * 10_000 + lastStart(groupOf(id))
    }
    const least = Math.min(...letters.map(rank))
    return letters.filter((letter) => rank(letter) === least)
  }

  #urgencyOf({ urgency = 0 }: Letter): number {
    return typeof urgency === 'number' ? urgency : this.cells[urgency.cell]!
  }
}
