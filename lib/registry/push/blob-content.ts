/** Provides the content of a blob to push. The content is verified while it is sent. */
import { pipeline } from 'node:stream'
import { VerifyingStream } from '../../bytes/index.js'
import type { Descriptor } from '../../image/documents/descriptor.js'
import type { OpenBlob } from '../../image/sink.js'
import type { StreamBody } from '../http/request-body.js'

/** The content of one blob. */
export class BlobContent implements StreamBody {
  readonly #descriptor: Descriptor
  readonly #source: OpenBlob
  #prepared: VerifyingStream | undefined
  #last: VerifyingStream | undefined

  constructor(descriptor: Descriptor, source: OpenBlob) {
    this.#descriptor = descriptor
    this.#source = source
  }

  /** In bytes. */
  get size(): number {
    return this.#descriptor.size
  }

  /** Whether the last opened stream was read to its end and its size and digest were correct. */
  get isVerified(): boolean {
    return this.#last?.isVerified ?? false
  }

  /**
   * Opens the source. Call it before the upload is opened: if the source fails, no upload is needed.
   * @throws errors of the source
   */
  async prepare(): Promise<void> {
    this.#prepared = await this.#start()
  }

  /**
   * Returns the stream that `prepare` opened; later calls open new ones. A stream with wrong content fails before its
   * last byte.
   */
  async open(): Promise<VerifyingStream> {
    const prepared = this.#prepared
    this.#prepared = undefined
    return prepared ?? this.#start()
  }

  /** Closes the source. */
  close(): void {
    this.#last?.destroy()
  }

  async #start(): Promise<VerifyingStream> {
    this.close()
    const content = await this.#source()
    const { digest, size } = this.#descriptor
    const verified = new VerifyingStream({ digest, size })
    verified.on('error', () => undefined) // the reader receives the error as well
    pipeline(content, verified, () => undefined)
    this.#last = verified
    return verified
  }
}
