/** Implements `ImageSink` for a repository of a registry. */
import { WindlassError } from '../../errors.js'
import type { Descriptor } from '../../image/documents/descriptor.js'
import { type Digest, isDigest } from '../../image/digest/digest.js'
import { isSchema1Type, isImageManifestType } from '../../image/documents/media-types.js'
import { isTag } from '../../image/reference/grammar.js'
import type { ImageSink, OpenBlob, PutManifestRequest, SinkRequest, TagRemoval } from '../../image/sink.js'
import type { TagsRequest } from '../../image/source.js'
import { quoted } from '../../codec/printable.js'
import type { RepositoryAccess } from '../auth/access.js'
import type { RepositoryContext } from '../api/repository-context.js'
import { listTags } from '../api/tags.js'
import { hasBlob, findManifest } from './presence.js'
import { pushBlob } from './push-blob.js'
import { pushManifest } from './push-manifest.js'
import { pushReferrer } from './push-referrer.js'
import { removeTags } from './remove-tags.js'
import { mountBlob } from './upload.js'

/** One repository of one registry, as a target of images. */
export class TargetRepository implements ImageSink {
  readonly #context: RepositoryContext
  readonly #access: RepositoryAccess
  readonly host: string
  readonly repository: string

  constructor(context: RepositoryContext, access: RepositoryAccess) {
    this.#context = context
    this.#access = access
    this.host = context.registry
    this.repository = context.repository
  }

  /** Returns a key of the registry's host and the credential. It contains no secret. */
  identity({ signal }: SinkRequest = {}): Promise<string> {
    return this.#access.identity(signal)
  }

  /** Returns whether the repository has the blob, by HEAD. */
  hasBlob({ digest }: Descriptor, request: SinkRequest = {}): Promise<boolean> {
    return hasBlob(this.#context, digest, request)
  }

  /** Returns whether the repository has the image manifest, by HEAD. A registry with a manifest also has its blobs. */
  async hasImage({ digest }: Descriptor, request: SinkRequest = {}): Promise<boolean> {
    const { mediaType = '' } = (await findManifest(this.#context, digest, request)) ?? {}
    return isImageManifestType(mediaType) || isSchema1Type(mediaType)
  }

  /**
   * Returns the digest that a tag points at, by HEAD; of a digest, whether the repository has it.
   * @throws REFERENCE_INVALID when `tag` is neither
   */
  async resolve(tag: string, request: SinkRequest = {}): Promise<Digest | undefined> {
    if (!isDigest(tag)) assertTag(tag)
    return (await findManifest(this.#context, tag, request))?.digest
  }

  /** Mounts a blob from another repository of the registry. Returns false if the registry does not do so. */
  mount({ digest }: Descriptor, fromRepository: string, { signal }: SinkRequest = {}): Promise<boolean> {
    return mountBlob(this.#context, digest, fromRepository, signal)
  }

  /** Uploads a blob. */
  putBlob(descriptor: Descriptor, open: OpenBlob, { signal }: SinkRequest = {}): Promise<void> {
    return pushBlob(this.#context, descriptor, open, signal)
  }

  /** Pushes a manifest under its tag or digest. @throws REFERENCE_INVALID when `tag` is not a tag */
  async putManifest(bytes: Buffer, descriptor: Descriptor, request: PutManifestRequest = {}): Promise<void> {
    if (request.tag !== undefined) assertTag(request.tag)
    await pushManifest(this.#context, bytes, descriptor, request)
  }

  /** Pushes a manifest that refers to `subject`. A registry without the referrers API gets it listed under a tag. */
  putReferrer(
    bytes: Buffer,
    descriptor: Descriptor,
    subject: Digest,
    request: SinkRequest = {},
  ): Promise<void> {
    return pushReferrer(this.#context, { bytes, descriptor, subject }, request)
  }

  /** Lists the tags, page by page. */
  tags(request?: TagsRequest): AsyncIterable<readonly string[]> {
    return listTags(this.#context, request)
  }

  /** Removes tags; see `removeTags`. */
  removeTags(tags: readonly string[], request: SinkRequest = {}): AsyncIterable<TagRemoval> {
    return removeTags(this.#context, tags, request)
  }
}

/** Last check before the value becomes part of a URL. */
function assertTag(tag: string): void {
  if (!isTag(tag)) throw new WindlassError('REFERENCE_INVALID', `${quoted(tag)} is not a tag`)
}
