/** Takes what a decoder of a C library makes into chunks that are used again, and hands each to the reader of a stream. */
import type { Readable } from 'node:stream'
import { setImmediate } from 'node:timers/promises'

/** Less room than this is not worth a call. */
const minRoom = 64 * 1024
/** Buffers kept to be filled again. */
const maxSpare = 4
/** How a new member or frame begins: in this thread, for a bomb of tiny ones would have each cross to another and back. */
const first = { input: 2 * 1024, output: 16 * 1024 } as const
/** Milliseconds after which others get their turn, so that whoever wants this stopped can say so. */
const longestTurn = 20

export interface FillerOptions {
  readonly outputBytes: number
  /** Decodes in a thread of the pool while the reader works: where processors are idle. */
  readonly asynchronous: boolean
}

/** `Gunzip` and `Unzstd` of lib/system, as far as this needs them. */
export interface Filling {
  readonly left: number
  readonly ended: boolean
  give(input: Uint8Array): number
  fill(output: Buffer): Promise<number>
  fillNow(output: Buffer): number
}

export class ChunkFiller {
  readonly #stream: Readable
  readonly #decoder: Filling
  readonly #outputBytes: number
  readonly #asynchronous: boolean
  #began = performance.now()
  #output: Buffer
  readonly #spare: Buffer[] = []
  /** Bytes of the output that are filled, and not handed on yet. */
  #filled = 0
  /** Set while the reader has enough. */
  #resume: (() => void) | undefined

  constructor(stream: Readable, decoder: Filling, { outputBytes, asynchronous }: FillerOptions) {
    this.#stream = stream
    this.#decoder = decoder
    this.#outputBytes = outputBytes
    this.#asynchronous = asynchronous
    this.#output = Buffer.allocUnsafeSlow(outputBytes)
  }

  /** Takes a chunk back that nobody looks at any more: fresh memory for each costs as much as a tenth of the decoding. */
  recycle({ buffer }: Buffer): void {
    if (this.#spare.length < maxSpare) this.#spare.push(Buffer.from(buffer))
  }

  /** The reader wants more, or there will be none. */
  resume(): void {
    const resume = this.#resume
    this.#resume = undefined
    resume?.()
  }

  /**
   * Decodes the first of `bytes`, with all that comes of them, and says how many. It goes on while output is full, for what
   * the library has taken and not given yet would never come otherwise.
   * @param isNew whether a member or frame begins with them
   */
  async decode(bytes: Buffer, isNew: boolean): Promise<number> {
    let begins = isNew
    const given = this.#decoder.give(begins ? bytes.subarray(0, first.input) : bytes)
    for (let full = true; full && !this.#stream.destroyed; begins = false) {
      const done = this.#isFull ? this.#take() : undefined
      const room = this.#room(begins ? first.output : undefined)
      const made =
        this.#asynchronous && !begins ? await this.#fillBeside(room, done) : await this.#fillHere(room, done)
      this.#filled += made
      full = made === room.length && !this.#decoder.ended
    }
    return given - this.#decoder.left
  }

  /** Hands on what is filled, however little. */
  flush(): Promise<void> {
    return this.#hand(this.#take())
  }

  /** While the reader works on what came before. */
  async #fillBeside(room: Buffer, before: Buffer | undefined): Promise<number> {
    const [made] = await Promise.all([this.#decoder.fill(room), this.#hand(before)])
    return made
  }

  async #fillHere(room: Buffer, before: Buffer | undefined): Promise<number> {
    await this.#hand(before)
    if (performance.now() - this.#began > longestTurn) {
      await setImmediate()
      this.#began = performance.now()
    }
    return this.#decoder.fillNow(room)
  }

  #room(most = Infinity): Buffer {
    return this.#output.subarray(this.#filled, Math.min(this.#filled + most, this.#output.length))
  }

  get #isFull(): boolean {
    return this.#output.length - this.#filled < minRoom
  }

  /** What is filled, which is replaced by room for more. */
  #take(): Buffer {
    const filled = this.#output.subarray(0, this.#filled)
    this.#output = this.#spare.pop() ?? Buffer.allocUnsafeSlow(this.#outputBytes)
    this.#filled = 0
    return filled
  }

  /** Resolves when the reader wants more. */
  async #hand(chunk: Buffer | undefined): Promise<void> {
    if (chunk !== undefined && chunk.length > 0 && !this.#stream.push(chunk) && !this.#stream.destroyed)
      await new Promise<void>((resolve) => (this.#resume = resolve))
  }
}
