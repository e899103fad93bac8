/** All that a name of the store needs, held for as long as this run uses the store, so that none of it is collected. */
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

/** A document that a name leads to; the size of some is not told. */
export interface DocumentPart {
  readonly kind: 'manifest' | 'index' | 'config'
  readonly descriptor: Pick<Descriptor, 'digest' | 'mediaType'> & { readonly size?: number }
}

export interface LayerPart {
  readonly descriptor: Descriptor
  /** What the config says; undefined where it cannot be read. */
  readonly diffID: Digest | undefined
}

/** What images are made of. Names that point at the same share it. */
export interface ImageParts {
  readonly documents: readonly DocumentPart[]
  readonly layers: readonly LayerPart[]
  /** Whether every document could be read: else there may be more than is listed. */
  readonly readable: boolean
}

export interface NamedParts extends ImageParts {
  readonly name: string
  readonly named: NamedImage
  /** The same object for every name that points at the same, once all of it can be read. */
  readonly shared: ImageParts
  /** Whether the name still points at this. */
  isCurrent(): Promise<boolean>
}

/** Bytes; far above what any limit lets in. */
const maxDocumentBytes = 64 * 1024 ** 2

/** Reads what names need. What several names share is read once. */
export class PartsReader {
  readonly #known = new Map<string, ImageParts>()

  /** `signal` ends the waits for the lock of the store. */
  constructor(
    private readonly store: Store,
    private readonly signal?: AbortSignal,
  ) {}

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
    // A name of ours points at an index only once all its images are here; other tools may copy some of them.
    const whole = annotations?.['io.windlass.reference.typed'] !== undefined
    const origins = originsOf(named)
    const key = JSON.stringify([digest, mediaType, whole, origins])
    const known = this.#known.get(key)
    if (known) return known
    const parts = new Parts(this.store, whole, this.signal)
    await parts.add(named.descriptor)
    for (const [kind, origin, type] of origins) await parts.origin(kind, origin, type)
    const { documents, layers, readable } = parts
    const shared = { documents: [...documents.values()], layers: [...layers.values()], readable }
    // What cannot be read may be repaired.
    if (readable) this.#known.set(key, shared)
    return shared
  }
}

/** What the manifest was chosen from, or made of. */
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

class Parts {
  readonly documents = new Map<Digest, DocumentPart>()
  readonly layers = new Map<Digest, LayerPart>()
  readable = true

  constructor(
    private readonly store: Store,
    /** Whether all images of the indexes must be here. */
    private readonly whole: boolean,
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

  /** An index may list what is not here: that was never pulled. */
  async #index(digest: Digest): Promise<void> {
    const index = await this.#read(digest, parseImageIndex)
    for (const each of index?.manifests ?? []) {
      await this.store.holdUntil(this.signal, each.digest)
      if ((this.whole && isListedImage(each)) || (await this.store.blobs.has(each.digest)))
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
      this.readable = false // what is wrong with it comes out when it is verified
      return undefined
    }
  }
}
