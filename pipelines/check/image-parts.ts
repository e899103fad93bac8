/**
 * Reads which blobs and layers a name of the store needs. Everything that is read is held until the store is closed, so
 * that garbage collection does not remove it.
 */
import {
  type Descriptor,
  type Digest,
  isDigest,
  isImageManifestType,
  isIndexType,
  isListedImage,
  parseImageConfig,
  parseImageIndex,
  parseImageManifest,
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
  /** The same object for every name with the same target, once all documents can be read. */
  readonly shared: ImageParts
  /** Reports whether the name still points at the same digest. */
  isCurrent(): Promise<boolean>
}

/** In bytes. Larger than any document that the limits of a pull allow. */
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
    // A name that Windlass wrote points at an index only if all images of the index were pulled. Other tools may copy
    // some of the images.
    const complete = annotations?.['io.windlass.reference.typed'] !== undefined
    const origins = originsOf(named)
    const key = JSON.stringify([digest, mediaType, complete, origins])
    const known = this.#known.get(key)
    if (known) return known
    const parts = new PartsCollector(this.store, complete, this.signal)
    await parts.add(named.descriptor)
    for (const [kind, origin, type] of origins) await parts.origin(kind, origin, type)
    const { documents, layers, readable } = parts
    const shared = { documents: [...documents.values()], layers: [...layers.values()], readable }
    // A result that is not readable is not kept: a repair may make more documents readable.
    if (readable) this.#known.set(key, shared)
    return shared
  }
}

/** Documents that the manifest was chosen from (an index) or converted from (a schema 1 or schema 2 manifest). */
function originsOf({ descriptor, rootDigest, rootMediaType = '' }: NamedImage) {
  const origins: ['manifest' | 'index', Digest, string][] = []
  if (rootDigest && rootDigest !== descriptor.digest)
    origins.push([isIndexType(rootMediaType) ? 'index' : 'manifest', rootDigest, rootMediaType])
  for (const [key, value] of Object.entries(descriptor.annotations ?? {}))
    if (
      key.startsWith('io.windlass.') &&
      !key.startsWith('io.windlass.root.') &&
      isDigest(value) &&
      value !== rootDigest
    )
      origins.push(['manifest', value, ''])
  return origins
}

class PartsCollector {
  readonly documents = new Map<Digest, DocumentPart>()
  readonly layers = new Map<Digest, LayerPart>()
  readable = true

  constructor(
    private readonly store: Store,
    /** Whether all images of an index must be in the store. */
    private readonly complete: boolean,
    private readonly signal: AbortSignal | undefined,
  ) {}

  async add(descriptor: Descriptor): Promise<void> {
    const { digest, mediaType } = descriptor
    if (this.documents.has(digest)) return
    await this.store.holdUntil(this.signal, digest)
    this.documents.set(digest, { kind: isIndexType(mediaType) ? 'index' : 'manifest', descriptor })
    if (isIndexType(mediaType)) await this.#index(digest)
    else if (isImageManifestType(mediaType)) await this.#manifest(digest)
  }

  async origin(kind: 'manifest' | 'index', digest: Digest, mediaType: string): Promise<void> {
    await this.store.holdUntil(this.signal, digest)
    if (!this.documents.has(digest)) this.documents.set(digest, { kind, descriptor: { digest, mediaType } })
  }

  /** Adds the images of an index. Unless the index is `complete`, images that are not in the store were not pulled. */
  async #index(digest: Digest): Promise<void> {
    const index = await this.#read(digest, parseImageIndex)
    for (const each of index?.manifests ?? []) {
      await this.store.holdUntil(this.signal, each.digest)
      if ((this.complete && isListedImage(each)) || (await this.store.blobs.has(each.digest)))
        await this.add(each)
    }
  }

  async #manifest(digest: Digest): Promise<void> {
    const manifest = await this.#read(digest, parseImageManifest)
    if (!manifest) return
    const { config, layers } = manifest
    await this.store.holdUntil(this.signal, config.digest, ...layers.map((layer) => layer.digest))
    this.documents.set(config.digest, { kind: 'config', descriptor: config })
    const parsed = await this.#read(config.digest, parseImageConfig)
    const diffIDs = parsed?.rootfs.diff_ids ?? []
    for (const [at, descriptor] of layers.entries())
      this.layers.set(descriptor.digest, { descriptor, diffID: diffIDs[at] })
  }

  async #read<T>(digest: Digest, parse: (bytes: Buffer) => T): Promise<T | undefined> {
    try {
      return parse(await this.store.blobs.read(digest, maxDocumentBytes))
    } catch {
      this.readable = false // the verification of the blob reports the reason
      return undefined
    }
  }
}
