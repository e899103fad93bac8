/** A target of images in memory that takes a few turns of the event loop for everything, also for being aborted. */
import { Verifier } from '../../../lib/bytes/index.js'
import { WindlassError } from '../../../lib/errors.js'
import type {
  Descriptor,
  Digest,
  ImageSink,
  OpenBlob,
  PutManifestRequest,
  SinkRequest,
} from '../../../lib/image/index.js'
import { ticks } from '../flow-lines.js'

export class MemorySink implements ImageSink {
  readonly host = 'target.example'
  readonly #blobs = new Set<Digest>()
  readonly #manifests = new Set<Digest>()
  readonly #tags = new Map<string, Digest>()
  #requests = 0

  identity(request?: SinkRequest): Promise<string> {
    return this.#responding(request, () => this.host)
  }

  hasBlob({ digest }: Descriptor, request?: SinkRequest): Promise<boolean> {
    return this.#responding(request, () => this.#blobs.has(digest))
  }

  hasImage({ digest }: Descriptor, request?: SinkRequest): Promise<boolean> {
    return this.#responding(request, () => this.#manifests.has(digest))
  }

  resolve(tag: string, request?: SinkRequest): Promise<Digest | undefined> {
    return this.#responding(request, () => this.#tags.get(tag))
  }

  async putBlob(descriptor: Descriptor, open: OpenBlob, request?: SinkRequest): Promise<void> {
    const verifier = new Verifier(descriptor, 'blob')
    for await (const chunk of await open()) verifier.update(chunk as Buffer)
    verifier.check()
    await this.#responding(request, () => this.#blobs.add(descriptor.digest))
  }

  async putManifest(_bytes: Buffer, { digest }: Descriptor, request: PutManifestRequest = {}): Promise<void> {
    await this.#responding(request, () => {
      this.#manifests.add(digest)
      if (request.tag !== undefined) this.#tags.set(request.tag, digest)
    })
  }

  /** Responds after one to three turns. An aborted request takes two more turns to end, as a socket does. */
  async #responding<T>({ signal }: SinkRequest = {}, respond: () => T): Promise<T> {
    await ticks(1 + (this.#requests++ % 3))
    if (signal?.aborted) {
      await ticks(2)
      throw new WindlassError('CANCELLED', 'The request was cancelled', { cause: signal.reason })
    }
    return respond()
  }
}
