/**
 * zstd where neither the system nor Node (before 22.15 and 23.8) has a decoder: the `fzstd` package as a stream. The
 * package makes a new window for each frame and moves all of it with each block, so a blob of tiny ones would cost millions
 * of times its size: what that takes is held against what comes out.
 */
import { Transform, type TransformCallback } from 'node:stream'
import { setImmediate } from 'node:timers/promises'
import { Decompress } from 'fzstd'
import { WindlassError } from '../../errors.js'
import { ZstdFrames } from './zstd-frames.js'

/**
 * What is given to the package at once. It calls itself once a frame, which must not fill the stack, and answers with all
 * that comes of a slice: a block of 4 bytes may be 128 KiB, and so a slice at most 16 MiB.
 */
const sliceBytes = 512
/** Milliseconds after which others get their turn, so that whoever wants this stopped can say so. */
const longestTurn = 20
/** The largest of Go's encoders. Several are in memory at once, where one frame follows another. */
const maxWindow = 2 ** 25
/** Windows up to here are not worth a turn of their own. */
const smallWindow = 2 ** 20
/** Bytes that may be moved for nothing: some seconds. */
const freeMoves = 16 * 2 ** 30
/**
 * Bytes that may be moved for each that comes out, which makes the decoder ten times as slow at most: blocks of 128 KiB in
 * the largest window move 256.
 */
const movesForEach = 300
/** What making a window counts as: so many times moving it. */
const making = 32

export class FzstdDecoder extends Transform {
  bytesWritten = 0
  #resume: (() => void) | undefined
  #window = 0
  #made = 0
  #moved = 0
  #received = 0
  readonly #cuts: { readonly at: number; readonly window: number }[] = []
  readonly #frames = new ZstdFrames((window, at) => this.#cuts.push({ window, at }))
  readonly #decoder = new Decompress((data) => {
    this.#received += data.length
    if (data.length === 0) return
    this.#charge(this.#window)
    this.push(Buffer.from(data.buffer, data.byteOffset, data.length))
  })

  constructor(highWaterMark: number) {
    super({ highWaterMark })
  }

  override _transform(chunk: Buffer, _encoding: BufferEncoding, done: TransformCallback): void {
    this.bytesWritten += chunk.length
    this.#feed(chunk).then(() => done(), done)
  }

  /** Asked when there is room again. */
  override _read(size: number): void {
    const resume = this.#resume
    this.#resume = undefined
    if (resume === undefined) super._read(size)
    else resume()
  }

  override _flush(done: TransformCallback): void {
    try {
      this.#decoder.push(new Uint8Array(0), true)
    } catch (error) {
      done(error as Error)
      return
    }
    done()
  }

  async #feed(chunk: Buffer): Promise<void> {
    this.#cuts.length = 0
    this.#frames.take(chunk)
    let next = 0
    let began = performance.now()
    for (let at = 0; at < chunk.length && !this.destroyed;) {
      // The package reads no header before its last byte is here: so all before it is done with the window before.
      const cut = this.#cuts[next]
      const end = Math.min(at + sliceBytes, cut ? cut.at - 1 : chunk.length)
      if (end > at) this.#decoder.push(chunk.subarray(at, end))
      at = end
      if (cut && at === cut.at - 1) {
        next++
        this.#begin(cut.window)
        // What is over can be thrown away in between.
        if (cut.window > smallWindow) await setImmediate()
        this.#decoder.push(chunk.subarray(at, ++at))
      }
      if (this.readableLength >= this.readableHighWaterMark)
        await new Promise<void>((resolve) => (this.#resume = resolve))
      if (performance.now() - began < longestTurn) continue
      await setImmediate()
      began = performance.now()
    }
  }

  /** A frame begins. @throws WindlassError LIMIT_EXCEEDED */
  #begin(window: number): void {
    if (window > maxWindow)
      throw refused(`it needs a window of ${window} bytes, more than largestWindow allows (${maxWindow})`)
    if (window > smallWindow && ++this.#made > 1) this.#charge(making * window)
    this.#window = window
  }

  /** So many bytes are moved. @throws WindlassError LIMIT_EXCEEDED */
  #charge(bytes: number): void {
    this.#moved += bytes
    if (this.#moved > freeMoves + movesForEach * this.#received)
      throw refused(
        `its frames and blocks are so small for their windows that ${this.#received} bytes of it take more work than freeMoves allows (${freeMoves})`,
      )
  }
}

const refused = (why: string): WindlassError =>
  new WindlassError('LIMIT_EXCEEDED', `Decompressing the layer as zstd failed: ${why}`, {
    hint: 'Install libzstd (Debian, Ubuntu: libzstd1; Fedora: libzstd; Alpine: zstd-libs), or use Node 22.15 or later: either decodes this.',
  })
