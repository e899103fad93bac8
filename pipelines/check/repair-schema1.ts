/**
 * Repairs an image that was converted from schema 1. No registry has its manifest and config, so they are converted
 * again from the schema 1 manifest and the layers, which gives the same bytes. The schema 1 manifest is in the store,
 * and in the registry under the digest of its payload.
 */
import { WindlassError } from '../../lib/errors.js'
import {
  type Descriptor,
  type Digest,
  type ManifestDocument,
  type IdentifiedLayer,
  convertSchema1,
  parseManifest,
  digestOf,
  isDigest,
  mediaTypes,
  readSchema1,
} from '../../lib/image/index.js'
import { defaultLimits } from '../../lib/limits.js'
import { type ImageRequest, type Schema1Document } from '../../lib/stages/index.js'
import { schema1Annotation, signedAnnotation } from '../../lib/transfer/stored/stored-conversion.js'
import { identifyLayer } from '../../lib/transfer/stored/identify-layer.js'
import { type Store, verifyBlob } from '../../lib/store/index.js'
import type { NamedParts } from './image-parts.js'

/** The store, the source and the functions that the repair of a schema 1 image uses. */
export interface Schema1RepairParts {
  readonly store: Store
  readonly request: ImageRequest
  readonly signal: AbortSignal
  /** Fetches a manifest from the registry. */
  readonly fetchManifest: (digest: Digest) => Promise<ManifestDocument>
  /** Fetches a layer and commits its blob to the store. */
  readonly fetchLayer: (descriptor: Descriptor) => Promise<void>
}

/** The schema 1 manifest that an image was converted from. */
export interface Schema1Origin {
  /** Digest of the payload, by which a registry serves the manifest. */
  readonly digest: Digest
  /** Digest of the bytes with the signatures. */
  readonly signed: Digest
}

/** Returns the schema 1 manifest of an image; undefined if the image was not converted from one. */
export function schema1Origin({ named }: NamedParts): Schema1Origin | undefined {
  const { [schema1Annotation]: digest, [signedAnnotation]: signed = digest } =
    named.descriptor.annotations ?? {}
  return isDigest(digest) && isDigest(signed) ? { digest, signed } : undefined
}

/** Repairs one image that was converted from schema 1. */
export class Schema1Repair {
  /** The schema 1 manifest that the image was converted from. */
  readonly #origin: Schema1Origin

  constructor(
    private readonly image: NamedParts,
    private readonly parts: Schema1RepairParts,
  ) {
    const origin = schema1Origin(image)
    if (!origin) throw new WindlassError('INTERNAL', `${image.name} was not converted from schema 1`)
    this.#origin = origin
  }

  /**
   * Puts the blob `digest` into the store: the schema 1 manifest, or the manifest or config converted from it.
   * @throws UNSUPPORTED when neither the served manifest nor the conversion has this digest; MANIFEST_INVALID when the
   * registry serves another kind of manifest; any error of the registry
   */
  async fetchBlob(digest: Digest): Promise<void> {
    const { store, signal } = this.parts
    const { digest: payload, signed } = this.#origin
    const candidates =
      digest === payload || digest === signed ? await this.#servedForms(digest) : await this.#convert()
    const bytes = candidates.find((each) => digestOf(each) === digest)
    if (!bytes) throw this.#mismatch(digest)
    await store.blobs.put(digest, bytes, signal)
  }

  /**
   * Returns the schema 1 manifest in both forms: as served, and without its signatures.
   * @param damaged digest of the form to be repaired; if it is the served form, it is fetched and not read from the
   * store
   */
  async #servedForms(damaged?: Digest): Promise<readonly Buffer[]> {
    const { bytes, payload } = await this.#readDocument(damaged)
    return [bytes, payload]
  }

  /** Reads the schema 1 manifest from the store. Fetches it if the stored one is missing or is the `damaged` blob. */
  async #readDocument(damaged?: Digest): Promise<Schema1Document> {
    const { store, request, fetchManifest } = this.parts
    const { digest, signed } = this.#origin
    const { limits = defaultLimits, name: reference } = request
    const stored =
      damaged === signed ? undefined : await store.blobs.read(signed, limits.manifestBytes).catch(none)
    const document = stored
      ? parseManifest({
          bytes: stored,
          contentType: mediaTypes.dockerSchema1Signed,
          expected: { digest },
          ...{ host: store.directory, reference, limits },
        })
      : await fetchManifest(digest)
    if (document.kind === 'schema1') return document
    throw new WindlassError(
      'MANIFEST_INVALID',
      `Failed to repair ${reference}: ${digest} is not a schema 1 manifest`,
      {
        ...{ reference, digest },
      },
    )
  }

  async #convert(): Promise<readonly Buffer[]> {
    const { name } = this.parts.request
    const image = readSchema1((await this.#readDocument()).schema1, name)
    const known = new Map<Digest, IdentifiedLayer>()
    for (const { digest } of image.layers)
      if (!known.has(digest)) known.set(digest, await this.#readLayer(digest))
    const layers = image.layers.flatMap(({ digest }) => known.get(digest) ?? [])
    const { document, config } = convertSchema1(image, layers, name)
    return [document.bytes, config.bytes]
  }

  /** Reads the properties of a layer that the conversion needs. A layer with neither blob nor tree is fetched first. */
  async #readLayer(digest: Digest): Promise<IdentifiedLayer> {
    const { store, request, signal, fetchLayer } = this.parts
    const descriptorOf = (size: number): Descriptor => ({ mediaType: mediaTypes.ociLayerGzip, digest, size })
    const servedSize = (): Promise<number> => request.source.blobSize(digest, { signal })
    const found = await verifyBlob({ path: store.blobs.path(digest), digest, signal })
    const tree = await store.layers.findByBlob(digest)
    const descriptor = descriptorOf(found.state === 'whole' ? found.bytes : await servedSize())
    // A damaged blob is replaced now: the converted manifest contains the compression of the blob.
    if (found.state === 'damaged' || (found.state === 'missing' && !tree)) await fetchLayer(descriptor)
    return identifyLayer(descriptor, store, { signal, limits: request.limits, diffID: tree?.diffID })
  }

  #mismatch(digest: Digest): WindlassError {
    const { name } = this.image
    return new WindlassError(
      'UNSUPPORTED',
      `Failed to repair ${name}: its schema 1 manifest no longer converts to ${digest}`,
      { reference: name, digest, hint: `Pull it again with “windlass pull ${name}”.` },
    )
  }
}

const none = (): undefined => undefined
