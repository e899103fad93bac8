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
} from '../lib/image/index.js'
import type { NamedImage, Store } from '../lib/store/index.js'

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

export interface NamedParts {
  readonly name: string
  readonly named: NamedImage
  readonly documents: readonly DocumentPart[]
  readonly layers: readonly LayerPart[]
  /** Whether every document could be read: else there may be more than is listed. */
  readonly readable: boolean
  /** Whether the name still points at this. */
  isCurrent(): Promise<boolean>
}

/** Bytes; far above what any limit lets in. */
const largestDocument = 64 * 1024 ** 2

/** Undefined where there is no such name any more. */
export async function partsOf(name: string, store: Store): Promise<NamedParts | undefined> {
  const named = await store.names.get(name)
  if (!named) return undefined
  // A name of ours points at an index only once all its images are here; other tools may copy some of them.
  const whole = named.descriptor.annotations?.['io.windlass.reference.typed'] !== undefined
  const parts = new Parts(store, whole)
  await parts.add(named.descriptor)
  for (const [kind, digest, mediaType] of originsOf(named)) await parts.origin(kind, digest, mediaType)
  return {
    name,
    named,
    documents: [...parts.documents.values()],
    layers: [...parts.layers.values()],
    readable: parts.readable,
    async isCurrent() {
      const now = await store.names.get(name)
      return now?.descriptor.digest === named.descriptor.digest
    },
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
  ) {}

  async add(descriptor: Descriptor): Promise<void> {
    const { digest, mediaType } = descriptor
    if (this.documents.has(digest)) return
    await this.store.hold(digest)
    this.documents.set(digest, { kind: isIndexType(mediaType) ? 'index' : 'manifest', descriptor })
    if (isIndexType(mediaType)) await this.#index(digest)
    else if (isImageManifestType(mediaType)) await this.#manifest(digest)
  }

  async origin(kind: 'manifest' | 'index', digest: Digest, mediaType: string): Promise<void> {
    await this.store.hold(digest)
    if (!this.documents.has(digest)) this.documents.set(digest, { kind, descriptor: { digest, mediaType } })
  }

  /** An index may list what is not here: that was never pulled. */
  async #index(digest: Digest): Promise<void> {
    const index = await this.#read(digest, parseImageIndex)
    for (const each of index?.manifests ?? []) {
      await this.store.hold(each.digest)
      if ((this.whole && isListedImage(each)) || (await this.store.blobs.has(each.digest)))
        await this.add(each)
    }
  }

  async #manifest(digest: Digest): Promise<void> {
    const manifest = await this.#read(digest, parseImageManifest)
    if (!manifest) return
    const { config, layers } = manifest
    await this.store.hold(config.digest, ...layers.map((layer) => layer.digest))
    this.documents.set(config.digest, { kind: 'config', descriptor: config })
    const parsed = await this.#read(config.digest, parseImageConfig)
    const diffIDs = parsed?.rootfs.diff_ids ?? []
    for (const [at, descriptor] of layers.entries())
      this.layers.set(descriptor.digest, { descriptor, diffID: diffIDs[at] })
  }

  async #read<T>(digest: Digest, parse: (bytes: Buffer) => T): Promise<T | undefined> {
    try {
      return parse(await this.store.blobs.read(digest, largestDocument))
    } catch {
      this.readable = false // what is wrong with it comes out when it is verified
      return undefined
    }
  }
}
