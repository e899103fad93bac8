/** Collects all images that a name leads to, also through nested indexes. */
import { WindlassError } from '../../errors.js'
import { type Stage } from '../../flow/index.js'
import { type PullTurn, pullStage } from '../pull-stage.js'
import {
  type Descriptor,
  type Digest,
  type ManifestDocument,
  isIndexType,
  isListedImage,
  notAnIndexOfImages,
} from '../../image/index.js'
import { defaultLimits } from '../../limits.js'
import { formatNumber } from '../../quantities.js'
import type { ImageRequest, IndexDocument, Resolved } from '../elements.js'
import { withPlatform } from './fill-platforms.js'
import { manifestDocument } from './manifest-document.js'
import { emitUnclear } from './manifest-event.js'
import { indexesTooDeep } from './by-schema.js'
import { type RetryPolicy, retryingTransfers } from '../../transfer/retry-policy.js'

/** Maximum number of images and indexes that one name may lead to. */
export const maxIndexedImages = 1_000

/** An image and the indexes that lead to it, outermost first; no indexes if the name refers to the image itself. */
export interface IndexedImage {
  /** With the platform in the index, otherwise the one in the config. */
  readonly descriptor: Descriptor
  readonly trail: readonly IndexDocument[]
}

/** The images that a name leads to, and the entries that are not images. */
export interface IndexedImages {
  readonly request: ImageRequest
  /** The document that the name refers to. */
  readonly root: ManifestDocument
  /** In the order of the index. */
  readonly images: readonly IndexedImage[]
  /** Every index, the root first; none if the root is an image. */
  readonly indexes: readonly IndexDocument[]
  /** Entries that are not images of a platform, or that cannot be used. */
  readonly leftOut: readonly Digest[]
  /** For each unusable entry, the reason as a sentence. */
  readonly problems: readonly string[]
}

/**
 * Returns the stage that lists every image of an index once. Entries that are not images of a platform, such as
 * attestations, `unknown/unknown` and artifacts, are reported in `leftOut`.
 * @throws LIMIT_EXCEEDED when indexes are nested too deeply or lead to too many images; MANIFEST_INVALID when an
 * index contains itself; PLATFORM_UNMATCHED when it has no image; UNSUPPORTED when it has only artifacts; errors of
 * the source
 */
export function imagesOfIndex({ retry }: { readonly retry: RetryPolicy }): Stage<Resolved, IndexedImages> {
  return pullStage(
    async ({ request, document }: Resolved, turn): Promise<IndexedImages> => {
      const walk = new Walk(request, turn)
      if (document.kind === 'index') await walk.addIndex(document, [])
      else await walk.addImage(document.descriptor, [])
      return { request, root: document, ...walk.result() }
    },
    { name: 'images-of-index', order: 'source', supervise: retryingTransfers(retry) },
  )
}

class Walk {
  readonly #images = new Map<Digest, IndexedImage>()
  readonly #indexes = new Map<Digest, IndexDocument>()
  readonly #leftOut = new Set<Digest>()
  readonly #problems: string[] = []

  constructor(
    readonly request: ImageRequest,
    readonly turn: PullTurn,
  ) {}

  result(): Pick<IndexedImages, 'images' | 'indexes' | 'leftOut' | 'problems'> {
    const images = [...this.#images.values()]
    return {
      images,
      indexes: [...this.#indexes.values()],
      leftOut: [...this.#leftOut],
      problems: this.#problems,
    }
  }

  async addImage(entry: Descriptor, trail: readonly IndexDocument[]): Promise<void> {
    const { os = '' } = entry.platform ?? {}
    const descriptor = os !== '' ? entry : await withPlatform(entry, this.request, this.turn)
    if (descriptor) this.#images.set(entry.digest, { descriptor, trail })
    else this.#leftOut.add(entry.digest)
  }

  async addIndex(index: IndexDocument, parents: readonly IndexDocument[]): Promise<void> {
    const { name, platform, limits: { indexDepth } = defaultLimits } = this.request
    if (parents.length >= indexDepth) throw indexesTooDeep(name, indexDepth)
    const trail = [...parents, index]
    this.#indexes.set(index.descriptor.digest, index)
    for (const { digest, problem } of index.index.unusable) {
      this.#problems.push(problem)
      if (digest !== undefined) this.#leftOut.add(digest)
    }
    for (const entry of index.index.manifests) {
      const { digest } = entry
      // An entry that does not match its own platform is not an image.
      if (!isListedImage(entry, platform)) this.#leftOut.add(digest)
      else if (trail.some(({ descriptor }) => descriptor.digest === digest))
        throw this.#refused('MANIFEST_INVALID', `form a loop: they lead back to ${digest}`)
      else if (this.#images.has(digest) || this.#indexes.has(digest)) continue
      else if (isIndexType(entry.mediaType)) await this.#addClaimedIndex(entry, trail)
      else await this.addImage(entry, trail)
      if (this.#images.size + this.#indexes.size > maxIndexedImages)
        throw this.#refused('LIMIT_EXCEEDED', `list more than ${formatNumber(maxIndexedImages)} images`)
    }
    if (parents.length === 0 && this.#images.size === 0)
      throw (
        notAnIndexOfImages(index.index, { reference: name }) ??
        new WindlassError('PLATFORM_UNMATCHED', `The index of ${name} has no image of any platform`, {
          reference: name,
          hint: 'Tell whoever publishes the image.',
        })
      )
  }

  /** Fetches an entry that claims to be an index. The document decides: it may be an image. */
  async #addClaimedIndex(entry: Descriptor, trail: readonly IndexDocument[]): Promise<void> {
    const { name } = this.request
    const { signal } = this.turn
    const { document, host } = await manifestDocument(this.request, entry.digest, { signal, expected: entry })
    emitUnclear(this.turn, `The index of ${name} from ${host}`, document.notices, entry.digest)
    if (document.kind === 'index') await this.addIndex(document, trail)
    else await this.addImage(entry, trail)
  }

  #refused(code: 'LIMIT_EXCEEDED' | 'MANIFEST_INVALID', what: string): WindlassError {
    const { name } = this.request
    return new WindlassError(code, `The indexes of ${name} ${what}`, {
      reference: name,
      hint: 'Tell whoever publishes the image.',
    })
  }
}
