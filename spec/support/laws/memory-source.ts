/** A source of images in memory that takes a few turns of the event loop for everything, also for being aborted. */
import { Readable, addAbortSignal } from 'node:stream'
import { WindlassError } from '../../../lib/errors.js'
import type {
  BlobBody,
  BlobRequest,
  Descriptor,
  Digest,
  FetchedManifest,
  ImageSource,
  ManifestRequest,
} from '../../../lib/image/index.js'
import type { BuiltDocument, ImageTarget } from '../../../lib/testing/index.js'
import { digestOf } from '../../../lib/image/index.js'
import { ticks } from '../flow-lines.js'

export class MemorySource implements ImageSource, ImageTarget {
  readonly host = 'memory.example'
  readonly #manifests = new Map<string, Pick<BuiltDocument, 'bytes' | 'mediaType'>>()
  readonly #blobs = new Map<string, Buffer>()
  #requests = 0

  putBlob(bytes: Buffer): void {
    this.#blobs.set(digestOf(bytes), bytes)
  }

  /** Puts a manifest in. There is one repository. */
  putManifest(_repository: string, tagOrDigest: string, bytes: Buffer, mediaType: string): void {
    this.#manifests.set(tagOrDigest, { bytes, mediaType }).set(digestOf(bytes), { bytes, mediaType })
  }

  identity({ signal }: { readonly signal?: AbortSignal } = {}): Promise<string> {
    return this.#responding(signal, () => 'memory')
  }

  manifest(target: string, { signal }: ManifestRequest = {}): Promise<FetchedManifest> {
    return this.#responding(signal, () => {
      const { bytes, mediaType } = found(this.#manifests.get(target), target)
      return { bytes, contentType: mediaType, host: this.host }
    })
  }

  blob({ digest }: Descriptor, { offset = 0, signal }: BlobRequest = {}): Promise<BlobBody> {
    return this.#responding(signal, () => {
      const bytes = found(this.#blobs.get(digest), digest)
      const stream = Readable.from(inParts(bytes.subarray(offset)), { objectMode: false })
      if (signal) addAbortSignal(signal, stream)
      return { stream, offset, size: bytes.length, validator: undefined, host: this.host }
    })
  }

  blobSize(digest: Digest, { signal }: { readonly signal?: AbortSignal } = {}): Promise<number> {
    return this.#responding(signal, () => found(this.#blobs.get(digest), digest).length)
  }

  async *tags(): AsyncGenerator<readonly string[]> {
    yield [...this.#manifests.keys()].filter((name) => !name.includes(':'))
  }

  /** Responds after one to three turns. An aborted request takes two more turns to end, as a socket does. */
  async #responding<T>(signal: AbortSignal | undefined, respond: () => T): Promise<T> {
    await ticks(1 + (this.#requests++ % 3))
    if (signal?.aborted) {
      await ticks(2)
      throw new WindlassError('CANCELLED', 'The request was cancelled', { cause: signal.reason })
    }
    return respond()
  }
}

function found<T>(value: T | undefined, name: string): T {
  if (value === undefined) throw new WindlassError('MANIFEST_UNKNOWN', `${name} is not here`)
  return value
}

/** Yields two halves, each in its own turn of the event loop. */
async function* inParts(bytes: Buffer): AsyncGenerator<Buffer> {
  const middle = bytes.length >> 1
  for (const part of [bytes.subarray(0, middle), bytes.subarray(middle)]) {
    await ticks(1)
    if (part.length > 0) yield part
  }
}
