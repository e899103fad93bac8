/** gzip by ISA-L as a stream: any number of members, empty ones too, then zeros, as `decompressor` has it. */
import { Duplex } from 'node:stream'
import { setImmediate } from 'node:timers/promises'
import { WindlassError } from '../errors.js'
import type { Gunzip } from '../system/index.js'
import { GzipHeader } from './gzip-header.js'

/** Less room than this is not worth a call. */
const leastRoom = 64 * 1024
/** Buffers kept to be filled again. */
const mostSpare = 4
/** How a new member begins: in this thread, for a bomb of tiny ones would have each cross to another thread and back. */
const first = { input: 2 * 1024, output: 16 * 1024 } as const

/** Milliseconds after which others get their turn, so that whoever wants this stopped can say so. */
const longestTurn = 20

export interface IsalOptions {
  readonly outputBytes: number
  /** Inflates in a thread of the pool while the reader works: where processors are idle. */
  readonly beside: boolean
}

export class IsalGunzip extends Duplex {
  readonly #gunzip: Gunzip
  readonly #outputBytes: number
  readonly #beside: boolean
  #began = performance.now()
  #output: Buffer
  readonly #spare: Buffer[] = []
  /** Bytes of the output that are filled, and not handed on yet. */
  #filled = 0
  #header = new GzipHeader()
  /** Nothing of the present member was inflated yet. */
  #isNew = true
  /** Bytes behind the last member, once one of them was zero. */
  #tail = 0
  #garbage = false
  #working: Promise<void> = Promise.resolve()
  /** Set while the reader has enough. */
  #resume: (() => void) | undefined

  constructor(gunzip: Gunzip, { outputBytes, beside }: IsalOptions) {
    super({ readableHighWaterMark: outputBytes, writableHighWaterMark: outputBytes })
    this.#gunzip = gunzip
    this.#outputBytes = outputBytes
    this.#beside = beside
    this.#output = Buffer.allocUnsafeSlow(outputBytes)
  }

  /** Gives a chunk back that nobody looks at any more: fresh memory for each costs as much as a tenth of the inflating. */
  recycle({ buffer }: Buffer): void {
    if (this.#spare.length < mostSpare) this.#spare.push(Buffer.from(buffer))
  }

  override _read(): void {
    const resume = this.#resume
    this.#resume = undefined
    resume?.()
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, taken: (error?: Error) => void): void {
    this.#working = this.#take(chunk)
    this.#working.then(
      () => taken(),
      (error: unknown) => taken(named(error)),
    )
  }

  override _final(done: (error?: Error) => void): void {
    // What came of a stream that is cut off comes before its error, as with zlib.
    void this.#hand(this.#full()).then(() => {
      if (!this.#gunzip.ended) done(named(new Error('unexpected end of file')))
      else if (this.#garbage) done(named(new Error(`${this.#tail} bytes that are no gzip follow its end`)))
      else {
        this.push(null)
        done()
      }
    })
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    this._read()
    // The library writes into a buffer of ours until it is done.
    void this.#working.catch(() => undefined).then(() => done(error))
  }

  async #take(chunk: Buffer): Promise<void> {
    for (let at = 0; at < chunk.length && !this.destroyed;) {
      const rest = chunk.subarray(at)
      if (this.#tail > 0 || (this.#gunzip.ended && rest[0] === 0)) at += this.#passTail(rest)
      else if (this.#gunzip.ended) this.#begin()
      else if (!this.#header.over) at += this.#header.take(rest)
      else at += await this.#inflate(rest)
    }
  }

  #begin(): void {
    this.#gunzip.next()
    this.#header = new GzipHeader()
    this.#isNew = true
  }

  #passTail(bytes: Buffer): number {
    this.#tail += bytes.length
    this.#garbage ||= bytes.some((byte) => byte !== 0)
    return bytes.length
  }

  /**
   * Takes the first of `bytes`, with all that comes of them, and says how many. It goes on while output is full, for what
   * the library has taken and not given yet would never come otherwise.
   */
  async #inflate(bytes: Buffer): Promise<number> {
    let isNew = this.#isNew
    this.#isNew = false
    const given = this.#gunzip.give(isNew ? bytes.subarray(0, first.input) : bytes)
    for (let full = true; full && !this.#gunzip.ended && !this.destroyed; isNew = false) {
      const done = this.#isFull ? this.#full() : undefined
      const room = this.#room(isNew ? first.output : undefined)
      const beside = this.#beside && !isNew
      const made = beside ? await this.#fillBeside(room, done) : await this.#fillHere(room, done)
      this.#filled += made
      full = made === room.length
    }
    return given - this.#gunzip.left
  }

  /** While the reader works on what came before. */
  async #fillBeside(room: Buffer, before: Buffer | undefined): Promise<number> {
    const [made] = await Promise.all([this.#gunzip.fill(room), this.#hand(before)])
    return made
  }

  async #fillHere(room: Buffer, before: Buffer | undefined): Promise<number> {
    await this.#hand(before)
    if (performance.now() - this.#began > longestTurn) {
      await setImmediate()
      this.#began = performance.now()
    }
    return this.#gunzip.fillNow(room)
  }

  #room(most = Infinity): Buffer {
    return this.#output.subarray(this.#filled, Math.min(this.#filled + most, this.#output.length))
  }

  get #isFull(): boolean {
    return this.#output.length - this.#filled < leastRoom
  }

  /** What is filled, which is replaced by room for more. */
  #full(): Buffer {
    const full = this.#output.subarray(0, this.#filled)
    this.#output = this.#spare.pop() ?? Buffer.allocUnsafeSlow(this.#outputBytes)
    this.#filled = 0
    return full
  }

  /** Resolves when the reader wants more. */
  async #hand(chunk: Buffer | undefined): Promise<void> {
    if (chunk !== undefined && chunk.length > 0 && !this.push(chunk) && !this.destroyed)
      await new Promise<void>((resolve) => (this.#resume = resolve))
  }
}

const named = (cause: unknown): WindlassError =>
  new WindlassError(
    'LAYER_INVALID',
    `Decompressing the layer as gzip failed: ${cause instanceof Error ? cause.message : String(cause)}`,
    { cause, hint: 'The layer is damaged or cut off; nothing of it is kept.' },
  )
