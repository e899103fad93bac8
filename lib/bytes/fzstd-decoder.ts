/** zstd for Node lines whose zlib has none (before 22.15): the `fzstd` package as a stream. */
import { Transform, type TransformCallback } from 'node:stream'
import { setImmediate } from 'node:timers/promises'
import { Decompress } from 'fzstd'

/**
 * What is given to the package at once. It calls itself once a frame, which must not fill the stack, and answers with all
 * that comes of a slice: a block of 4 bytes may be 128 KiB, and so a slice at most 16 MiB.
 */
const sliceBytes = 512
/** Milliseconds after which others get their turn, so that whoever wants this stopped can say so. */
const longestTurn = 20

export class FzstdDecoder extends Transform {
  bytesWritten = 0
  #resume: (() => void) | undefined
  readonly #decoder = new Decompress((data) => {
    if (data.length > 0) this.push(Buffer.from(data.buffer, data.byteOffset, data.length))
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
    let began = performance.now()
    for (let at = 0; at < chunk.length && !this.destroyed; at += sliceBytes) {
      this.#decoder.push(chunk.subarray(at, at + sliceBytes))
      if (this.readableLength >= this.readableHighWaterMark)
        await new Promise<void>((resolve) => (this.#resume = resolve))
      if (performance.now() - began < longestTurn) continue
      await setImmediate()
      began = performance.now()
    }
  }
}
