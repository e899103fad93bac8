/**
 * Decompresses zstd with the package fzstd, for systems without libzstd and Node before 22.15 or 23.8. The package
 * allocates a new window for each frame and moves the whole window with each block. For a blob of tiny frames,
 * this would move millions of times its size, so the decoder limits this work relative to its output.
 */
import { Transform, type TransformCallback } from 'node:stream'
import { setImmediate } from 'node:timers/promises'
import { Decompress } from 'fzstd'
import { WindlassError } from '../../errors.js'
import { formatExactBytes } from '../../quantities.js'
import { ZstdFrames } from './zstd-frames.js'

/**
 * Bytes passed to the package at once. The package recurses once per frame, which must not overflow the stack, and
 * returns the output of a slice as a whole. A block of 4 bytes may expand to 128 KiB, so the output has at most 16 MiB.
 */
const sliceBytes = 512
/** Milliseconds after which the decoder yields to the event loop, so that it can be cancelled. */
const maxTurnMs = 20
/** The largest window of Go's encoders, in bytes. Consecutive frames keep several windows in memory. */
const maxWindow = 2 ** 25
/** Windows up to this size in bytes are allocated without yielding first. */
const smallWindow = 2 ** 20
/** Bytes that may be moved regardless of the output: a few seconds of work. */
const freeMoveBytes = 16 * 2 ** 30
/**
 * Bytes that may be moved for each byte of output, which slows the decoder down by a factor of ten at most. Blocks of
 * 128 KiB in the largest window move 256 bytes for each byte.
 */
const maxMovesPerByte = 300
/** The cost of allocating a window, relative to the cost of moving its bytes. */
const allocationCost = 32

/** A zstd decoder as a stream. Fails with LIMIT_EXCEEDED for windows that are too large and for excessive work. */
export class FzstdDecoder extends Transform {
  bytesWritten = 0
  #resume: (() => void) | undefined
  #window = 0
  #windows = 0
  #moved = 0
  #received = 0
  /** The headers in the current chunk: the position after each, and the window that it announces. */
  readonly #headers: { readonly at: number; readonly window: number }[] = []
  readonly #frames = new ZstdFrames((window, at) => this.#headers.push({ window, at }))
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

  /** Called when the stream has room again. */
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
    this.#headers.length = 0
    this.#frames.split(chunk)
    let next = 0
    let began = performance.now()
    for (let at = 0; at < chunk.length && !this.destroyed;) {
      // The package parses a header only when its last byte arrives; all earlier data belongs to the previous window.
      const header = this.#headers[next]
      const end = Math.min(at + sliceBytes, header ? header.at - 1 : chunk.length)
      if (end > at) this.#decoder.push(chunk.subarray(at, end))
      at = end
      if (header && at === header.at - 1) {
        next++
        this.#begin(header.window)
        // Lets the garbage collector free the previous window.
        if (header.window > smallWindow) await setImmediate()
        this.#decoder.push(chunk.subarray(at, ++at))
      }
      if (this.readableLength >= this.readableHighWaterMark)
        await new Promise<void>((resolve) => (this.#resume = resolve))
      if (performance.now() - began < maxTurnMs) continue
      await setImmediate()
      began = performance.now()
    }
  }

  /** Starts a frame. @throws WindlassError LIMIT_EXCEEDED when its window is too large or the work is excessive */
  #begin(window: number): void {
    if (window > maxWindow)
      throw decoderLimitError(
        `it needs a window of ${formatExactBytes(window)}, more than the ${formatExactBytes(maxWindow)} that this decoder supports`,
      )
    if (window > smallWindow && ++this.#windows > 1) this.#charge(allocationCost * window)
    this.#window = window
  }

  /** Accounts for moved bytes. @throws WindlassError LIMIT_EXCEEDED when the work is excessive */
  #charge(bytes: number): void {
    this.#moved += bytes
    if (this.#moved > freeMoveBytes + maxMovesPerByte * this.#received)
      throw decoderLimitError(`its blocks are so small for their window that this decoder is too slow for it`)
  }
}

const decoderLimitError = (why: string): WindlassError =>
  new WindlassError('LIMIT_EXCEEDED', `Decompressing the layer as zstd failed: ${why}`, {
    hint: 'Install libzstd (Debian, Ubuntu: libzstd1; Fedora: libzstd; Alpine: zstd-libs), or use Node 22.15 or later. Either can decompress the layer.',
  })
