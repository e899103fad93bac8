/** Limits the total rate of bytes of several streams, as a token bucket. */

/** Size of the token bucket, as milliseconds at the limit. Compensates for timers that fire late. */
const burstMs = 100

/** Maximum delay of the timer in milliseconds. `setTimeout` fires at once if the delay exceeds 2^31 - 1. */
const maxTimerMs = 60_000

/** Bytes that a connection has read ahead: what fits into the buffers between the socket and the stream that is counted. */
const aheadBytes = 128 * 1024

/** The part of one stream in a rate limit. */
export interface RateShare {
  /**
   * Counts `bytes` that the stream has read. Returns undefined if the stream may go on at once. Otherwise calls `resume`
   * when the stream may go on, and returns a function that cancels this call.
   */
  take(bytes: number, resume: () => void): (() => void) | undefined
  /** Ends the share: the stream reads nothing ahead any more. */
  end(): void
}

/** A stream that has to wait. */
interface Waiter {
  /** The value of `#read` after the last read of this stream. The stream may go on when `#allowed` reaches it. */
  readonly readTotal: number
  readonly resume: () => void
}

/**
 * A rate limit that several streams share. Bytes are counted after they have been read; the stream then waits until the
 * limit has allowed them. Streams that wait go on in the order in which they have read.
 */
export class RateLimit {
  #bytesPerSecond: number
  /** Total bytes that the streams have read, and total bytes allowed up to `#updatedAt`. */
  #read = 0
  #allowed = 0
  #updatedAt = performance.now()
  #waiting: Waiter[] = []
  #timer: NodeJS.Timeout | undefined
  /** Resolves when the streams that asked before are admitted. */
  #admission = Promise.resolve()

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
   * Counts `bytes` that a stream has read. Returns undefined if the stream may go on at once. Otherwise calls `resume`
   * when the stream may go on, and returns a function that cancels this call.
   */
  take(bytes: number, resume: () => void): (() => void) | undefined {
    this.#update()
    this.#read += bytes
    if (this.#bytesPerSecond === Infinity) this.#allowed = this.#read
    if (this.#allowed >= this.#read) return undefined
    const waiter: Waiter = { readTotal: this.#read, resume }
    this.#waiting.push(waiter)
    this.#timer ??= this.#startTimer()
    return () => {
      this.#waiting = this.#waiting.filter((each) => each !== waiter)
      if (this.#waiting.length === 0) this.#stopTimer()
    }
  }

  /**
   * Waits until all bytes counted so far are allowed, then counts the bytes that a new connection reads ahead, until its share
   * ends. Streams therefore open one after the other if the limit is low. Resolves early when `signal` aborts.
   */
  async admit(signal?: AbortSignal): Promise<RateShare> {
    let ahead = 0
    let hasEnded = false
    const count = (): void => {
      if (hasEnded) return
      ahead = aheadBytes
      this.#read += ahead
    }
    if (this.#bytesPerSecond !== Infinity) {
      // One after the other: each counts its bytes before the next one waits.
      this.#admission = this.#admission.then(() => this.#settled(signal)).then(count)
      await endOrAbort(this.#admission, signal)
    } else count()
    return {
      take: (bytes, resume) => this.take(bytes, resume),
      end: () => {
        hasEnded = true
        this.#allowed += ahead
        ahead = 0
        if (this.#waiting.length > 0) this.#wake()
      },
    }
  }

  /** Resolves when all bytes counted so far are allowed, or when `signal` aborts. */
  #settled(signal?: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const end = (): void => {
        signal?.removeEventListener('abort', end)
        cancel?.()
        resolve()
      }
      const cancel = this.take(0, end)
      if (cancel === undefined || signal?.aborted) end()
      else signal?.addEventListener('abort', end, { once: true })
    })
  }

  #update(): void {
    const now = performance.now()
    const rate = this.#bytesPerSecond
    const allowed = this.#allowed + ((now - this.#updatedAt) / 1000) * rate
    this.#allowed = rate === Infinity ? this.#read : Math.min(allowed, this.#read + (rate * burstMs) / 1000)
    this.#updatedAt = now
  }

  /** Resumes the streams whose bytes are allowed. */
  #wake(): void {
    this.#stopTimer()
    this.#update()
    const allowed = this.#waiting.filter(({ readTotal }) => readTotal <= this.#allowed)
    this.#waiting = this.#waiting.slice(allowed.length) // the waiters are in ascending order of `readTotal`
    this.#timer = this.#startTimer()
    for (const { resume } of allowed) resume()
  }

  #startTimer(): NodeJS.Timeout | undefined {
    const [first] = this.#waiting
    if (first === undefined) return undefined
    const wait = Math.ceil(((first.readTotal - this.#allowed) / this.#bytesPerSecond) * 1000)
    return setTimeout(() => this.#wake(), Math.min(wait, maxTimerMs))
  }

  #stopTimer(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
  }
}

/** Resolves when `work` has ended, or when `signal` aborts: a caller that leaves does not wait for those before it. */
function endOrAbort(work: Promise<void>, signal: AbortSignal | undefined): Promise<void> {
  if (signal === undefined) return work
  return new Promise((resolve) => {
    const end = (): void => {
      signal.removeEventListener('abort', end)
      resolve()
    }
    signal.addEventListener('abort', end, { once: true })
    if (signal.aborted) end()
    void work.then(end)
  })
}
