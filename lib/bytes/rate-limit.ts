/** Limits the rate of bytes over any number of streams together, as a token bucket. */

/** Time without reading for which bytes may be read at once afterwards, in milliseconds. It makes up for late timers. */
const burst = 100

/** Maximum time until the waiting streams are looked at again, in milliseconds: a timer has a maximum. */
const maxWait = 60_000

/** A stream that has to wait. */
interface Waiter {
  /** The sum of all bytes, of all streams, up to the last one that this stream has read. */
  readonly mark: number
  readonly go: () => void
}

/**
 * A rate limit that several streams share. Bytes are counted after they have been read; the stream then waits until the
 * limit has allowed them. So streams take turns in the order in which they read.
 */
export class RateLimit {
  #bytesPerSecond: number
  /** Sum of the bytes read, and of the bytes allowed up to `#updatedAt`. */
  #read = 0
  #allowed = 0
  #updatedAt = performance.now()
  #waiting: Waiter[] = []
  #timer: NodeJS.Timeout | undefined

  /** @param bytesPerSecond the limit; Infinity for none */
  constructor(bytesPerSecond = Infinity) {
    this.#bytesPerSecond = bytesPerSecond
  }

  /** The limit; Infinity if there is none. A change takes effect at once, also for streams that wait. */
  get bytesPerSecond(): number {
    return this.#bytesPerSecond
  }

  set bytesPerSecond(bytesPerSecond: number) {
    this.#update()
    this.#bytesPerSecond = bytesPerSecond
    this.#wake()
  }

  /**
   * Counts `bytes` that a stream has read. Returns undefined if it may read more at once. Otherwise calls `go` later, when
   * it may, and returns a function that cancels the call.
   */
  take(bytes: number, go: () => void): (() => void) | undefined {
    this.#update()
    this.#read += bytes
    if (this.#bytesPerSecond === Infinity) this.#allowed = this.#read
    if (this.#allowed >= this.#read) return undefined
    const waiter: Waiter = { mark: this.#read, go }
    this.#waiting.push(waiter)
    this.#timer ??= this.#startTimer()
    return () => {
      this.#waiting = this.#waiting.filter((each) => each !== waiter)
      if (this.#waiting.length === 0) this.#stopTimer()
    }
  }

  #update(): void {
    const now = performance.now()
    const rate = this.#bytesPerSecond
    const allowed = this.#allowed + ((now - this.#updatedAt) / 1000) * rate
    this.#allowed = rate === Infinity ? this.#read : Math.min(allowed, this.#read + (rate * burst) / 1000)
    this.#updatedAt = now
  }

  /** Lets the streams go on whose bytes are allowed. */
  #wake(): void {
    this.#stopTimer()
    this.#update()
    const allowed = this.#waiting.filter(({ mark }) => mark <= this.#allowed)
    this.#waiting = this.#waiting.slice(allowed.length) // marks rise
    this.#timer = this.#startTimer()
    for (const { go } of allowed) go()
  }

  #startTimer(): NodeJS.Timeout | undefined {
    const [first] = this.#waiting
    if (first === undefined) return undefined
    const wait = Math.ceil(((first.mark - this.#allowed) / this.#bytesPerSecond) * 1000)
    return setTimeout(() => this.#wake(), Math.min(wait, maxWait))
  }

  #stopTimer(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
  }
}
