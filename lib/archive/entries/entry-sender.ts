/** Sends entries out of an unpacking thread, no faster than they are acknowledged. */
import type { EntryHandler, TarEntry } from '../tar/entry.js'
import { type EntryBatch, type EntryPart, maxWeightInFlight, weightOf } from './batch.js'

/** Sizes in bytes of the buffers, which small contents share. The first is small, because a message may contain little. */
const initialBufferBytes = 1024
const maxBufferBytes = 64 * 1024

/** Sends a message. The buffers in `transfer` are moved instead of copied. */
export type PostBatch = (batch: EntryBatch, transfer: ArrayBuffer[]) => void

/** Collects entries and sends them in batches. */
export class EntrySender implements EntryHandler {
  readonly #post: PostBatch
  readonly #signal: AbortSignal
  #parts: EntryPart[] = []
  #buffers: ArrayBuffer[] = []
  /** The free rest of the last buffer. */
  #free = new Uint8Array(0)
  #bufferSize = initialBufferBytes
  #pending = 0
  #weightInFlight = 0
  #number = 0
  #skipped = 0
  #wake: (() => void) | undefined

  /** @param signal ends waits for acknowledgements */
  constructor(post: PostBatch, signal: AbortSignal) {
    this.#post = post
    this.#signal = signal
  }

  /** Weight in bytes of what is collected and not sent. */
  get pending(): number {
    return this.#pending
  }

  entry(entry: TarEntry): void {
    this.#add({ kind: 'entry', number: ++this.#number, entry }, weightOf(entry))
  }

  data(chunk: Buffer, offset: number): void {
    if (this.#skipped === this.#number) return
    this.#add({ kind: 'data', content: this.#copy(chunk), offset }, chunk.length)
  }

  end(): void {
    this.#add({ kind: 'end' }, 0)
  }

  /**
   * Sends what is collected. Returns undefined if more may be collected at once, otherwise a promise that resolves when
   * enough is acknowledged, and rejects with the reason of the signal.
   */
  pace(): Promise<void> | undefined {
    if (this.#parts.length > 0) this.#flush()
    if (this.#weightInFlight <= maxWeightInFlight) return undefined
    return new Promise((resolve, reject) => {
      const signal = this.#signal
      const abort = (): void => reject(signal.reason as Error)
      this.#wake = () => {
        signal.removeEventListener('abort', abort)
        resolve()
      }
      if (signal.aborted) abort()
      else signal.addEventListener('abort', abort, { once: true })
    })
  }

  /** Records that the receiver has processed batches of this weight. */
  acknowledge(weight: number): void {
    this.#weightInFlight -= weight
    if (this.#weightInFlight > maxWeightInFlight) return
    this.#wake?.()
    this.#wake = undefined
  }

  /** Stops sending content of the entry with this number. */
  skip(number: number): void {
    this.#skipped = number
  }

  #add(part: EntryPart, weight: number): void {
    this.#parts.push(part)
    this.#pending += weight
  }

  /** Copies a chunk, because it is valid only during the call of `data`. */
  #copy(chunk: Buffer): Uint8Array {
    if (this.#free.length < chunk.length) {
      const size = Math.max(chunk.length, this.#bufferSize)
      this.#bufferSize = Math.min(maxBufferBytes, this.#bufferSize * 2)
      // Not from the pool of Node, whose buffers cannot be moved to another thread.
      this.#free = Buffer.allocUnsafeSlow(size)
      this.#buffers.push(this.#free.buffer)
    }
    const copy = this.#free.subarray(0, chunk.length)
    copy.set(chunk)
    this.#free = this.#free.subarray(chunk.length)
    return copy
  }

  #flush(): void {
    const weight = this.#pending
    this.#weightInFlight += weight
    const [parts, buffers] = [this.#parts, this.#buffers]
    this.#parts = []
    this.#buffers = []
    this.#free = new Uint8Array(0)
    this.#bufferSize = initialBufferBytes
    this.#pending = 0
    this.#post({ parts, weight }, buffers)
  }
}
