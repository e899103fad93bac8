/**
 * Sends the entries of a layer from an unpacking thread to the thread that started it, and waits while too much is
 * unacknowledged.
 */
import type { EntryHandler, TarEntry } from '../tar/entry.js'
import { type EntryBatch, type EntryPart, maxWeightInFlight, weightOf } from './batch.js'

/**
 * Sizes in bytes of the buffers into which content is copied. The first buffer of a message is small, because most
 * messages contain little content; each further buffer is twice as large.
 */
const initialBufferBytes = 1024
const maxBufferBytes = 64 * 1024

/** Posts a batch to the other thread. The buffers in `transfer` are moved instead of copied. */
export type PostBatch = (batch: EntryBatch, transfer: ArrayBuffer[]) => void

/** Collects entries and sends them in batches. */
export class EntrySender implements EntryHandler {
  readonly #post: PostBatch
  readonly #signal: AbortSignal
  #parts: EntryPart[] = []
  #buffers: ArrayBuffer[] = []
  /** The unused end of the last buffer. */
  #freeBuffer = new Uint8Array(0)
  #bufferSize = initialBufferBytes
  #pendingWeight = 0
  #weightInFlight = 0
  #entryNumber = 0
  #skippedEntry = 0
  #wake: (() => void) | undefined

  /** @param signal aborts `flush` while it waits for acknowledgements */
  constructor(post: PostBatch, signal: AbortSignal) {
    this.#post = post
    this.#signal = signal
  }

  /** Weight in bytes of the parts that are collected and not sent: see `weightOf`. */
  get pendingWeight(): number {
    return this.#pendingWeight
  }

  entry(entry: TarEntry): void {
    this.#add({ kind: 'entry', number: ++this.#entryNumber, entry }, weightOf(entry))
  }

  data(chunk: Buffer, offset: number): void {
    if (this.#skippedEntry === this.#entryNumber) return
    this.#add({ kind: 'data', content: this.#copy(chunk), offset }, chunk.length)
  }

  end(): void {
    this.#add({ kind: 'end' }, 0)
  }

  /**
   * Sends the collected parts. Returns undefined if the caller may go on at once. Otherwise returns a promise that
   * resolves when enough is acknowledged, and rejects with the reason of the signal.
   */
  flush(): Promise<void> | undefined {
    if (this.#parts.length > 0) this.#send()
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

  /** Sends no more content of the entry with this number. */
  skip(number: number): void {
    this.#skippedEntry = number
  }

  #add(part: EntryPart, weight: number): void {
    this.#parts.push(part)
    this.#pendingWeight += weight
  }

  /** Copies a chunk, because it is valid only during the call of `data`. */
  #copy(chunk: Buffer): Uint8Array {
    if (this.#freeBuffer.length < chunk.length) {
      const size = Math.max(chunk.length, this.#bufferSize)
      this.#bufferSize = Math.min(maxBufferBytes, this.#bufferSize * 2)
      // Not from the pool of Node, whose buffers cannot be moved to another thread.
      this.#freeBuffer = Buffer.allocUnsafeSlow(size)
      this.#buffers.push(this.#freeBuffer.buffer)
    }
    const copy = this.#freeBuffer.subarray(0, chunk.length)
    copy.set(chunk)
    this.#freeBuffer = this.#freeBuffer.subarray(chunk.length)
    return copy
  }

  #send(): void {
    const weight = this.#pendingWeight
    this.#weightInFlight += weight
    const [parts, buffers] = [this.#parts, this.#buffers]
    this.#parts = []
    this.#buffers = []
    this.#freeBuffer = new Uint8Array(0)
    this.#bufferSize = initialBufferBytes
    this.#pendingWeight = 0
    this.#post({ parts, weight }, buffers)
  }
}
