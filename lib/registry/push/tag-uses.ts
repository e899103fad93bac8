/** Provides `TagUses`: which manifests the tags of a repository need. */
import { asWindlassError } from '../../errors.js'
import { limitExceeded } from '../../limits.js'
import { type Digest, digestOf } from '../../image/digest/digest.js'
import { parseImageIndex } from '../../image/documents/image-index.js'
import { isIndexType, parseMediaType } from '../../image/documents/media-types.js'
import type { SinkRequest } from '../../image/sink.js'
import { fetchManifest, headManifest } from '../api/manifests.js'
import type { RepositoryContext } from '../api/repository-context.js'
import { listTags } from '../api/tags.js'
import { displayName } from '../policy/registry-name.js'

/** Number of tags that are looked up concurrently. */
const slots = 8

/**
 * Returns the manifest at a tag; undefined if there is no such tag. Unlike `findManifest`, a refusal is an error: what a tag
 * needs must be known.
 * @throws as `headManifest`, except MANIFEST_UNKNOWN
 */
export async function manifestAt(
  context: RepositoryContext,
  tag: string,
  { signal, onWarning }: SinkRequest,
): Promise<{ readonly digest: Digest; readonly mediaType: string } | undefined> {
  const request = { ...(signal && { signal }), onWarning }
  try {
    const { digest, contentType } = await headManifest(context, tag, request)
    const mediaType = parseMediaType(contentType) ?? ''
    if (digest !== undefined) return { digest, mediaType }
    const { bytes } = await fetchManifest(context, tag, request)
    return { digest: digestOf(bytes), mediaType }
  } catch (error) {
    if (asWindlassError(error).code === 'MANIFEST_UNKNOWN') return undefined
    throw error
  }
}

/** The manifests that tags need: those that they point at, and those that the indexes there list, at any depth. */
export class TagUses {
  readonly #context: RepositoryContext
  readonly #request: SinkRequest
  /** A tag that needs each manifest. */
  readonly #users = new Map<Digest, string>()

  private constructor(context: RepositoryContext, request: SinkRequest) {
    this.#context = context
    this.#request = request
  }

  /**
   * Looks up all tags of the repository except `excluded`: each by HEAD, and indexes by GET.
   * @throws errors of listing the tags and of reading manifests; LIMIT_EXCEEDED for indexes that are nested too deeply
   */
  static async read(
    context: RepositoryContext,
    excluded: ReadonlySet<string>,
    request: SinkRequest,
  ): Promise<TagUses> {
    const uses = new TagUses(context, request)
    const { signal } = request
    for await (const page of listTags(context, signal ? { signal } : {})) {
      const tags = page.filter((tag) => !excluded.has(tag))
      for (let at = 0; at < tags.length; at += slots)
        await Promise.all(tags.slice(at, at + slots).map((tag) => uses.#addTag(tag)))
    }
    return uses
  }

  /** Returns a tag that needs the manifest; undefined if there is none. */
  userOf(digest: Digest): string | undefined {
    return this.#users.get(digest)
  }

  async #addTag(tag: string): Promise<void> {
    const found = await manifestAt(this.#context, tag, this.#request)
    if (found) await this.#add(found.digest, found.mediaType, tag, 0)
  }

  async #add(digest: Digest, mediaType: string, tag: string, depth: number): Promise<void> {
    if (this.#users.has(digest)) return
    this.#users.set(digest, tag)
    if (!isIndexType(mediaType)) return
    const { indexDepth } = this.#context.limits
    if (depth > indexDepth)
      throw limitExceeded(
        `The indexes of ${displayName(this.#context, tag)} are nested ${depth} levels deep or more`,
        'indexDepth',
        indexDepth,
      )
    const { signal, onWarning } = this.#request
    const { bytes } = await fetchManifest(this.#context, digest, { ...(signal && { signal }), onWarning })
    for (const entry of parseImageIndex(bytes).manifests)
      await this.#add(entry.digest, entry.mediaType, tag, depth + 1)
  }
}
