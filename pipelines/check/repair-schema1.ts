/**
 * Mends an image that was converted from schema 1. No registry has its manifest and config: they are made again of the
 * schema 1 manifest and the layers, which gives the same bytes. That manifest is in the store, and in the registry under
 * the digest of its payload.
 */
import { WindlassError } from '../../lib/errors.js'
import {
  type Descriptor,
  type Digest,
  type ManifestDocument,
  type SeenLayer,
  convertSchema1,
  decideManifest,
  digestOf,
  isDigest,
  mediaTypes,
  readSchema1,
} from '../../lib/image/index.js'
import { defaultLimits } from '../../lib/limits.js'
import {
  type ImageRequest,
  type Schema1Document,
  schema1Annotation,
  seenLayer,
  signedAnnotation,
} from '../../lib/stages/index.js'
import { type Store, verifyBlob } from '../../lib/store/index.js'
import type { NamedParts } from './image-parts.js'

export interface Schema1RepairParts {
  readonly store: Store
  readonly request: ImageRequest
  readonly signal: AbortSignal
  /** Asks the registry. */
  readonly manifest: (digest: Digest) => Promise<ManifestDocument>
  /** Puts the blob into the store. */
  readonly layer: (descriptor: Descriptor) => Promise<void>
}

/** What the image was converted from: the digest that it goes by, and that of its bytes with the signatures. */
export interface Schema1Origin {
  readonly digest: Digest
  readonly signed: Digest
}

/** Undefined where the image was not converted. */
export function schema1Origin({ named }: NamedParts): Schema1Origin | undefined {
  const { [schema1Annotation]: digest, [signedAnnotation]: signed = digest } =
    named.descriptor.annotations ?? {}
  return isDigest(digest) && isDigest(signed) ? { digest, signed } : undefined
}

export class Schema1Repair {
  readonly #origin: Schema1Origin

  constructor(
    private readonly image: NamedParts,
    private readonly parts: Schema1RepairParts,
  ) {
    const origin = schema1Origin(image)
    if (!origin) throw new WindlassError('INTERNAL', `${image.name} was not converted from schema 1`)
    this.#origin = origin
  }

  /** @throws UNSUPPORTED where what is made, or served, is not what the store had; what the registry says */
  async bring(digest: Digest): Promise<void> {
    const { store, signal } = this.parts
    const { digest: payload, signed } = this.#origin
    const made =
      digest === payload || digest === signed ? await this.#served(digest) : await this.#converted()
    const bytes = made.find((each) => digestOf(each) === digest)
    if (!bytes) throw this.#otherwise(digest)
    await store.blobs.put(digest, bytes, signal)
  }

  /** The schema 1 manifest, as it was served and without its signatures. */
  async #served(damaged?: Digest): Promise<readonly Buffer[]> {
    const { bytes, payload } = await this.#document(damaged)
    return [bytes, payload]
  }

  /** Out of the store where it is whole, for nothing; else from the registry. */
  async #document(damaged?: Digest): Promise<Schema1Document> {
    const { store, request, manifest } = this.parts
    const { digest, signed } = this.#origin
    const { limits = defaultLimits, name: reference } = request
    const stored =
      damaged === signed ? undefined : await store.blobs.read(signed, limits.manifestBytes).catch(none)
    const document = stored
      ? decideManifest({
          bytes: stored,
          contentType: mediaTypes.dockerSchema1Signed,
          expected: { digest },
          ...{ host: store.directory, reference, limits },
        })
      : await manifest(digest)
    if (document.kind === 'schema1') return document
    throw new WindlassError('MANIFEST_INVALID', `Repairing ${reference}: ${digest} is no schema 1 manifest`, {
      ...{ reference, digest },
    })
  }

  async #converted(): Promise<readonly Buffer[]> {
    const { name } = this.parts.request
    const image = readSchema1((await this.#document()).schema1, name)
    const seen = new Map<Digest, SeenLayer>()
    for (const { digest } of image.layers) if (!seen.has(digest)) seen.set(digest, await this.#seen(digest))
    const inPlace = image.layers.flatMap(({ digest }) => seen.get(digest) ?? [])
    const { document, config } = convertSchema1(image, inPlace, name)
    return [document.bytes, config.bytes]
  }

  /** What the conversion says of a layer. Where there is neither its blob nor its tree, the blob comes first. */
  async #seen(digest: Digest): Promise<SeenLayer> {
    const { store, request, signal, layer } = this.parts
    const descriptorOf = (size: number): Descriptor => ({ mediaType: mediaTypes.ociLayerGzip, digest, size })
    const sizeThere = (): Promise<number> => request.source.blobSize(digest, { signal })
    const found = await verifyBlob({ path: store.blobs.path(digest), digest, signal })
    const tree = await store.layers.findByBlob(digest)
    const descriptor = descriptorOf(found.state === 'whole' ? found.bytes : await sizeThere())
    // A damaged one is replaced here already: how it is compressed is part of what is made.
    if (found.state === 'damaged' || (found.state === 'missing' && !tree)) await layer(descriptor)
    return seenLayer(descriptor, store, { signal, limits: request.limits, diffID: tree?.diffID })
  }

  #otherwise(digest: Digest): WindlassError {
    const { name } = this.image
    return new WindlassError(
      'UNSUPPORTED',
      `Repairing ${name}: what can be made of its schema 1 manifest today is not ${digest}`,
      { reference: name, digest, hint: `Pull it again: windlass pull ${name}` },
    )
  }
}

const none = (): undefined => undefined
