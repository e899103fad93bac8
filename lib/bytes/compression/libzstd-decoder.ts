/** Decompresses zstd with libzstd, as specified by `decompressor`. */
import type { Unzstd } from '../../system/index.js'
import type { FillerOptions } from './chunk-filler.js'
import { LargeWindow } from './large-window.js'
import { LibraryDecoder } from './library-decoder.js'
import { ZstdFrames } from './zstd-frames.js'

/** A zstd decoder as a stream: any number of frames, including skippable ones, and no other data. */
export class LibzstdDecoder extends LibraryDecoder {
  readonly #unzstd: Unzstd
  readonly #window = new LargeWindow()
  readonly #frames = new ZstdFrames((window) => this.#window.recordWindow(window))

  /** @param unzstd is closed with the stream */
  constructor(unzstd: Unzstd, options: FillerOptions) {
    super('zstd', unzstd, options)
    this.#unzstd = unzstd
  }

  protected async decodeAll(chunk: Buffer): Promise<void> {
    this.#frames.split(chunk)
    await this.#window.acquire(() => this.destroyed)
    for (let at = 0; at < chunk.length && !this.destroyed;)
      at += await this.filler.decode(chunk.subarray(at), this.#unzstd.hasEnded)
  }

  protected checkEnd(): void {
    this.#frames.finish()
  }

  protected override freeDecoder(): void {
    this.#unzstd.close()
    this.#window.release()
  }
}
