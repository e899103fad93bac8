/**
 * Reads which blobs and layers a name of the store needs. Everything that is read is held until the store is closed, so
 * that garbage collection does not remove it.
 */
import {
  type Descriptor,
  type Digest,
  type GraphLink,
  type ImageManifest,
  entryLink,
  isDigest,
  isImageManifestType,
  isIndexType,
  isImageOrIndexEntry,
  parseImageConfig,
  parseImageIndex,
  parseImageManifest,
  walkGraph,
} from '../../lib/image/index.js'
import type { NamedImage, Store } from '../../lib/store/index.js'

/** A document that a name needs. `size` is undefined for a document that is known only by a digest in an annotation. */
export interface DocumentPart {
  readonly kind: 'manifest' | 'index' | 'config'
  readonly descriptor: Pick<Descriptor, 'digest' | 'mediaType'> & { readonly size?: number }
}

/** A layer that a name needs. */
export interface LayerPart {
  readonly descriptor: Descriptor
  /** DiffID from the config; undefined if the config cannot be read. */
  readonly diffID: Digest | undefined
}

/** Documents and layers of an image, or of all images of an index. */
export interface ImageParts {
  readonly documents: readonly DocumentPart[]
  readonly layers: readonly LayerPart[]
  /** Whether every document could be read. If not, the lists may be incomplete. */
  readonly readable: boolean
}

/** What one name needs. */
export interface NamedParts extends ImageParts {
  readonly name: string
  readonly named: NamedImage
  /** The parts as an object that all names with the same target share, if all documents can be read. */
  readonly shared: ImageParts
  /** Reports whether the name still points at the same digest. */
  isCurrent(): Promise<boolean>
}

/** Maximum size of a document in bytes. It is larger than the limits of a pull allow. */
const maxDocumentBytes = 64 * 1024 ** 2

/** Reads what names need. Names with the same target are read once. */
export class PartsReader {
  readonly #known = new Map<string, ImageParts>()

  /** @param signal cancels waiting for the lock of the store */
  constructor(
    private readonly store: Store,
    private readonly signal?: AbortSignal,
  ) {}

  /** Reads and holds everything that `named` needs. Documents that cannot be read make the result not `readable`. */
  async read(named: NamedImage): Promise<NamedParts> {
    const { store } = this
    const { name, descriptor } = named
    const shared = await this.#shared(named)
    return {
      ...shared,
      ...{ name, named, shared },
      async isCurrent() {
        return (await store.names.get(name))?.descriptor.digest === descriptor.digest
      },
    }
  }

  async #shared(named: NamedImage): Promise<ImageParts> {
    const { digest, mediaType, annotations } = named.descriptor
    // A name that Windlass wrote (it has this annotation) points at an index only if all images of the index were
    // pulled. Other tools may copy only some of the images.
    const isComplete = annotations?.['io.windlass.reference.typed'] !== undefined
    const origins = originsOf(named)
    const key = JSON.stringify([digest, mediaType, isComplete, origins])
    const known = this.#known.get(key)
    if (known) return known
    const parts = await this.#collect(named.descriptor, origins, isComplete)
    // A result that is not readable is not kept: a repair may make more documents readable.
    if (parts.readable) this.#known.set(key, parts)
    return parts
  }

  /** @param isComplete whether all images of an index must be in the store */
  async #collect(
    start: Descriptor,
    origins: readonly DocumentPart[],
    isComplete: boolean,
  ): Promise<ImageParts> {
    const documents = new Map<Digest, DocumentPart>()
    const layers = new Map<Digest, LayerPart>()
    let readable = true
    const readAs = async <T>(parse: (bytes: Buffer) => T, { digest }: Descriptor): Promise<T | undefined> => {
      try {
        return parse(await this.store.blobs.read(digest, maxDocumentBytes))
      } catch {
        readable = false // the verification of the blob reports the reason
        return undefined
      }
    }
    await this.#hold(start, ...origins.map(({ descriptor }) => descriptor))
    const graph = walkGraph<GraphLink<Descriptor>, ImageManifest>([entryLink(start)], {
      read: async ({ link: { descriptor } }) => {
        const { mediaType } = descriptor
        if (isIndexType(mediaType))
          return { links: ((await readAs(parseImageIndex, descriptor))?.manifests ?? []).map(entryLink) }
        // The config and layers of the manifest are added below, because a diffID is found by the position of its
        // layer.
        const content = isImageManifestType(mediaType) && (await readAs(parseImageManifest, descriptor))
        return content ? { content, links: [] } : undefined
      },
      // If an index may be incomplete, an image that is not in the store was not pulled, and is not a fault.
      follow: async ({ descriptor }) => {
        await this.#hold(descriptor)
        return (isComplete && isImageOrIndexEntry(descriptor)) || this.store.blobs.has(descriptor.digest)
      },
    })
    for await (const { link, content: manifest } of graph) {
      documents.set(link.descriptor.digest, documentPart(link.descriptor))
      if (!manifest) continue
      const { config } = manifest
      await this.#hold(config, ...manifest.layers)
      documents.set(config.digest, { kind: 'config', descriptor: config })
      const diffIDs = (await readAs(parseImageConfig, config))?.rootfs.diff_ids ?? []
      for (const [at, descriptor] of manifest.layers.entries())
        layers.set(descriptor.digest, { descriptor, diffID: diffIDs[at] })
    }
    for (const part of origins)
      if (!documents.has(part.descriptor.digest)) documents.set(part.descriptor.digest, part)
    return { documents: [...documents.values()], layers: [...layers.values()], readable }
  }

  readonly #hold = (...needed: readonly { readonly digest: Digest }[]): Promise<void> =>
    this.store.holdUntil(this.signal, ...needed.map(({ digest }) => digest))
}

const documentPart = (descriptor: DocumentPart['descriptor']): DocumentPart => ({
  kind: isIndexType(descriptor.mediaType) ? 'index' : 'manifest',
  descriptor,
})

/**
 * Returns the documents that the manifest was chosen from (an index) or converted from (a schema 1 or schema 2
 * manifest). The annotations `io.windlass.*` of the entry contain their digests.
 */
function originsOf({ descriptor, rootDigest, rootMediaType = '' }: NamedImage): DocumentPart[] {
  const others = Object.entries(descriptor.annotations ?? {}).flatMap(([key, digest]) =>
    /^io\.windlass\.(?!root\.)/.test(key) && isDigest(digest) ? [{ digest, mediaType: '' }] : [],
  )
  const root = rootDigest ? [{ digest: rootDigest, mediaType: rootMediaType }] : []
  return [...root, ...others].map(documentPart)
}
