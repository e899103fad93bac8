/** zstd for Node lines whose zlib has none (before 22.15): the `fzstd` package as a stream. */
import { Transform, type TransformCallback } from 'node:stream'
import { Decompress } from 'fzstd'

/** The package calls itself once a frame: small slices keep that from filling the stack. */
const sliceBytes = 8 * 1024

export class FzstdDecoder extends Transform {
  bytesWritten = 0
  readonly #decoder = new Decompress((data) => {
    if (data.length > 0) this.push(Buffer.from(data.buffer, data.byteOffset, data.length))
  })

  constructor(highWaterMark: number) {
    super({ highWaterMark })
  }

  override _transform(chunk: Buffer, _encoding: BufferEncoding, done: TransformCallback): void {
    this.bytesWritten += chunk.length
    this.#push(() => {
      for (let at = 0; at < chunk.length; at += sliceBytes)
        this.#decoder.push(chunk.subarray(at, at + sliceBytes))
    }, done)
  }

  override _flush(done: TransformCallback): void {
    this.#push(() => void this.#decoder.push(new Uint8Array(0), true), done)
  }

  #push(work: () => void, done: TransformCallback): void {
    try {
      work()
    } catch (error) {
      done(error as Error)
      return
    }
    done()
  }
}
