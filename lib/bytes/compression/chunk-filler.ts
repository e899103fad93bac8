/** Decodes into reusable chunks with a C library, and pushes the chunks to a stream. */
import type { Readable } from 'node:stream'
import { setImmediate } from 'node:timers/promises'

/** An output chunk with fewer free bytes than this counts as full. */
const minFreeBytes = 64 * 1024
/** Maximum number of buffers kept for reuse. */
const maxSpare = 4
/**
 * Sizes in bytes of the first call for a gzip member or zstd frame. This call is synchronous, because a round trip to
 * another thread would be slow for many tiny frames.
 */
const firstCallBytes = { input: 2 * 1024, output: 16 * 1024 } as const
/** Milliseconds after which the decoder yields to the event loop, so that it can be cancelled. */
const maxTurnMs = 20

/** Options of a `ChunkFiller`. */
export interface FillerOptions {
  /** Size of an output chunk in bytes. */
  readonly outputBytes: number
  /** Whether to decode in another thread while the consumer works. Useful if processors are idle. */
  readonly asynchronous: boolean
}

/** The part of `Gunzip` and `Unzstd` (lib/system) that a `ChunkFiller` uses. */
export interface FillableDecoder {
  readonly unconsumed: number
  readonly hasEnded: boolean
  setInput(input: Uint8Array): number
  decompress(output: Buffer): Promise<number>
  decompressSync(output: Buffer): number
}

/** Decodes input into chunks and pushes them to a stream, with backpressure. */
export class ChunkFiller {
  readonly #stream: Readable
  readonly #decoder: FillableDecoder
  readonly #outputBytes: number
  readonly #asynchronous: boolean
  #turnStart = performance.now()
  #output: Buffer
  readonly #spare: Buffer[] = []
  /** Number of bytes at the start of `#output` that are decoded and not pushed yet. */
  #filled = 0
  /** Continues the decoding. Set while the stream is full. */
  #resume: (() => void) | undefined

  constructor(stream: Readable, decoder: FillableDecoder, { outputBytes, asynchronous }: FillerOptions) {
    this.#stream = stream
    this.#decoder = decoder
    this.#outputBytes = outputBytes
    this.#asynchronous = asynchronous
    this.#output = Buffer.allocUnsafeSlow(outputBytes)
  }

  /** Reuses a chunk that is no longer needed: allocating each chunk costs up to a tenth of the decoding time. */
  recycle({ buffer }: Buffer): void {
    if (this.#spare.length < maxSpare) this.#spare.push(Buffer.from(buffer))
  }

  /** Continues after the stream was full or destroyed. */
  resume(): void {
    const resume = this.#resume
    this.#resume = undefined
    resume?.()
  }

  /**
   * Decodes from the start of `bytes`, pushes the complete output, and returns the number of bytes consumed. Continues
   * while output chunks are full, because the library may hold output of input that it has already consumed.
   * @param isNew whether `bytes` start a member or frame
   */
  async decode(bytes: Buffer, isNew: boolean): Promise<number> {
    let isFirstCall = isNew
    const givenBytes = this.#decoder.setInput(isFirstCall ? bytes.subarray(0, firstCallBytes.input) : bytes)
    for (let full = true; full && !this.#stream.destroyed; isFirstCall = false) {
      const complete = this.#isFull ? this.#take() : undefined
      const freeOutput = this.#freePart(isFirstCall ? firstCallBytes.output : undefined)
      const written =
        this.#asynchronous && !isFirstCall
          ? await this.#fillAsync(freeOutput, complete)
          : await this.#fillSync(freeOutput, complete)
      this.#filled += written
      full = written === freeOutput.length && !this.#decoder.hasEnded
    }
    return givenBytes - this.#decoder.unconsumed
  }

  /** Pushes the rest of the output, also if the chunk is not full. */
  flush(): Promise<void> {
    return this.#pushChunk(this.#take())
  }

  /** Decodes while the consumer works on the previous chunk. */
  async #fillAsync(room: Buffer, previous: Buffer | undefined): Promise<number> {
    const [written] = await Promise.all([this.#decoder.decompress(room), this.#pushChunk(previous)])
    return written
  }

  async #fillSync(room: Buffer, previous: Buffer | undefined): Promise<number> {
    await this.#pushChunk(previous)
    if (performance.now() - this.#turnStart > maxTurnMs) {
      await setImmediate()
      this.#turnStart = performance.now()
    }
    return this.#decoder.decompressSync(room)
  }

  #freePart(max = Infinity): Buffer {
    return this.#output.subarray(this.#filled, Math.min(this.#filled + max, this.#output.length))
  }

  get #isFull(): boolean {
    return this.#output.length - this.#filled < minFreeBytes
  }

  /** Returns the filled part of the output and replaces the buffer. */
  #take(): Buffer {
    const filled = this.#output.subarray(0, this.#filled)
    this.#output = this.#spare.pop() ?? Buffer.allocUnsafeSlow(this.#outputBytes)
    this.#filled = 0
    return filled
  }

  /** Pushes a chunk and resolves when the stream has room again. */
  async #pushChunk(chunk: Buffer | undefined): Promise<void> {
    if (chunk !== undefined && chunk.length > 0 && !this.#stream.push(chunk) && !this.#stream.destroyed)
      await new Promise<void>((resolve) => (this.#resume = resolve))
  }
}
