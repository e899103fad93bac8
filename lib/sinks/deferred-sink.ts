/** Provides `DeferredSink`, for a target that can only be opened asynchronously. */
import type {
  Descriptor,
  Digest,
  ImageSink,
  OpenBlob,
  PutManifestRequest,
  SinkRequest,
  TagRemoval,
  TagsRequest,
} from '../image/index.js'

/** A registry as a target: it can mount blobs and list tags, and has every blob of a manifest that it has. */
export type RegistryTarget = ImageSink &
  Required<Pick<ImageSink, 'hasImage' | 'mount' | 'putReferrer' | 'tags' | 'removeTags'>>

/** A target that is opened at its first use. If that fails, the next use tries again. */
export class DeferredSink implements RegistryTarget {
  readonly host: string
  readonly repository: string
  readonly #open: (request: SinkRequest) => Promise<RegistryTarget>
  #sink: Promise<RegistryTarget> | undefined

  /** @param open - opens the target; what it throws, the method that needed the target throws */
  constructor(
    { host, repository }: { readonly host: string; readonly repository: string },
    open: (request: SinkRequest) => Promise<RegistryTarget>,
  ) {
    this.host = host
    this.repository = repository
    this.#open = open
  }

  /** As the target's. */
  async identity(request: SinkRequest = {}): Promise<string> {
    return (await this.#opened(request)).identity(request)
  }

  /** As the target's. */
  async hasBlob(descriptor: Descriptor, request: SinkRequest = {}): Promise<boolean> {
    return (await this.#opened(request)).hasBlob(descriptor, request)
  }

  /** As the target's. */
  async hasImage(descriptor: Descriptor, request: SinkRequest = {}): Promise<boolean> {
    return (await this.#opened(request)).hasImage(descriptor, request)
  }

  /** As the target's. */
  async resolve(tag: string, request: SinkRequest = {}): Promise<Digest | undefined> {
    return (await this.#opened(request)).resolve(tag, request)
  }

  /** As the target's. */
  async mount(descriptor: Descriptor, fromRepository: string, request: SinkRequest = {}): Promise<boolean> {
    return (await this.#opened(request)).mount(descriptor, fromRepository, request)
  }

  /** As the target's. */
  async putBlob(descriptor: Descriptor, open: OpenBlob, request: SinkRequest = {}): Promise<void> {
    return (await this.#opened(request)).putBlob(descriptor, open, request)
  }

  /** As the target's. */
  async putManifest(bytes: Buffer, descriptor: Descriptor, request: PutManifestRequest = {}): Promise<void> {
    return (await this.#opened(request)).putManifest(bytes, descriptor, request)
  }

  /** As the target's. */
  async putReferrer(
    bytes: Buffer,
    descriptor: Descriptor,
    subject: Digest,
    request: SinkRequest = {},
  ): Promise<void> {
    return (await this.#opened(request)).putReferrer(bytes, descriptor, subject, request)
  }

  /** As the target's. */
  async *tags(request: TagsRequest = {}): AsyncGenerator<readonly string[]> {
    yield* (await this.#opened(request)).tags(request)
  }

  /** As the target's. */
  async *removeTags(tags: readonly string[], request: SinkRequest = {}): AsyncGenerator<TagRemoval> {
    yield* (await this.#opened(request)).removeTags(tags, request)
  }

  #opened(request: SinkRequest): Promise<RegistryTarget> {
    this.#sink ??= this.#open(request).catch((error: unknown) => {
      this.#sink = undefined
      throw error
    })
    return this.#sink
  }
}
