/** The content of a blob on its way to a registry: opened before the registry is asked, and verified while it is sent. */
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

  /** Whether all bytes of the last opened stream were read, and were right. */
  get whole(): boolean {
    return this.#last?.isVerified ?? false
  }

  /** Opens the source, so that a source without the blob opens no upload. @throws errors of the source */
  async prepare(): Promise<void> {
    this.#prepared = await this.#start()
  }

  /** Returns the prepared stream, then new ones. A stream fails before its last byte if the content is wrong. */
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
