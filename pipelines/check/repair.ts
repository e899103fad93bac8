/**
 * Fetches damaged or missing blobs of an image again with the stages of a pull. Blobs are requested by digest from the
 * source that the image's name states, so the name keeps its digest even if its tag has moved. A rename replaces a
 * damaged blob after the new one is verified.
 */
import { WindlassError } from '../../lib/errors.js'
import { Flow, Scope, compose } from '../../lib/flow/index.js'
import {
  type Descriptor,
  type Digest,
  parseManifest,
  isDigest,
  mediaTypes,
  parseImageName,
} from '../../lib/image/index.js'
import { defaultLimits } from '../../lib/limits.js'
import { printable } from '../../lib/codec/index.js'
import { type ImageRequest } from '../../lib/stages/index.js'
import { fetchConfigBytes } from '../../lib/transfer/documents/config-bytes.js'
import { listedManifest, servedAnnotation } from '../../lib/transfer/stored/listed-manifest.js'
import { type Store, entryArgument } from '../../lib/store/index.js'
import type { NamedParts } from './image-parts.js'
import type { PullStages } from '../pull-stages.js'
import { runForResult } from '../run-for-result.js'
import { MisnamedBlobs } from './misnamed-blobs.js'
import { Schema1Repair, schema1Origin } from './repair-schema1.js'

/** The store and the functions that a repair uses. */
export interface RepairParts {
  readonly store: Store
  /** Stages of a pull that does not unpack, and that fetches blobs even if the store seems to have them (`refresh`). */
  readonly stages: PullStages
  /** Returns the request that pulls the image of this name. */
  readonly requestFor: (name: string) => ImageRequest
  readonly signal: AbortSignal | undefined
}

/** Repairs blobs of named images. */
export class Repair {
  readonly #misnamed: MisnamedBlobs

  constructor(private readonly parts: RepairParts) {
    this.#misnamed = new MisnamedBlobs(parts.store, parts.signal)
  }

  /**
   * Replaces the blob `digest` with an intact one: a blob of the store whose file has a wrong name, or one from the
   * source of the image. The store is unchanged if this fails.
   *
   * @throws IMAGE_UNKNOWN when the name does not state the source of the image; UNSUPPORTED when no registry has the
   * blob and it cannot be converted again; any error of the registry
   */
  async replaceBlob(kind: string, digest: Digest, image: NamedParts): Promise<void> {
    const { store, signal } = this.parts
    const size = [...image.documents, ...image.layers].find((part) => part.descriptor.digest === digest)
      ?.descriptor.size
    if (size !== undefined && !(await store.blobs.has(digest)) && (await this.#misnamed.rename(digest, size)))
      return
    const request = this.#request(image)
    const scope = new Scope()
    try {
      if (kind === 'layer') await this.#replaceLayer(layerOf(digest, image), request, scope)
      else if (schema1Origin(image)) await this.#schema1Repair(image, request, scope).fetchBlob(digest)
      else if (kind === 'config') await this.#replaceConfig(digest, image, request)
      else if (servedDigest(digest, image)) await this.#convertListed(digest, image, request, scope)
      else await store.blobs.put(digest, (await this.#fetchManifest(digest, request, scope)).bytes, signal)
      signal?.throwIfAborted()
    } finally {
      await scope.close()
    }
  }

  /**
   * Returns a key for the origin from which `replaceBlob` would repair the blob. Names with the same key have the same
   * result, so that one attempt is enough.
   */
  originKey(digest: Digest | undefined, image: NamedParts): string {
    const { name, named } = image
    // A converted document is made from documents of this name, so other names of the repository cannot provide it.
    const documentKey =
      (digest && servedDigest(digest, image)) || schema1Origin(image) ? ` ${named.descriptor.digest}` : ''
    try {
      const parsed = parseImageName(name)
      return `${parsed.kind !== 'registry' ? parsed.path : parsed.reference.name}${documentKey}`
    } catch {
      return `${name}${documentKey}`
    }
  }

  async #fetchManifest(digest: Digest, request: ImageRequest, scope: Scope) {
    const requestByDigest = { ...request, target: digest, digest }
    const { stages, signal } = this.parts
    const { document } = await runForResult(Flow.of(requestByDigest).pipe(stages.resolve), scope, signal)
    return document
  }

  /** Repairs the OCI manifest that was converted from a served schema 2 manifest: converts it again. */
  async #convertListed(
    digest: Digest,
    image: NamedParts,
    request: ImageRequest,
    scope: Scope,
  ): Promise<void> {
    const { store, signal } = this.parts
    const { limits = defaultLimits, name: reference } = request
    const served = servedDigest(digest, image) ?? digest
    const bytes = await store.blobs.read(served, limits.manifestBytes).catch(() => undefined)
    const document = bytes
      ? parseManifest({
          ...{ bytes, contentType: mediaTypes.dockerManifest, expected: { digest: served } },
          ...{ host: store.directory, reference, limits },
        })
      : await this.#fetchManifest(served, request, scope)
    if (document.kind !== 'image')
      throw new WindlassError(
        'MANIFEST_INVALID',
        `Failed to repair ${reference}: ${served} is not an image manifest`,
        {
          ...{ reference, digest: served },
        },
      )
    await store.blobs.put(digest, listedManifest(document).bytes, signal)
  }

  async #replaceLayer(descriptor: Descriptor, { source }: ImageRequest, scope: Scope): Promise<void> {
    const { ensureLayer, download, verify, commitBlob } = this.parts.stages
    const task = {
      descriptor,
      source,
      ...({ positions: [0], action: 'download', offset: 0, diffID: undefined } as const),
    }
    const fetchLayer = ensureLayer(compose(download, verify, commitBlob))
    await runForResult(Flow.of(task).pipe(fetchLayer), scope, this.parts.signal)
  }

  async #replaceConfig(digest: Digest, image: NamedParts, { source, name }: ImageRequest): Promise<void> {
    const found = image.documents.find(({ descriptor }) => descriptor.digest === digest)?.descriptor
    if (found?.size === undefined) throw new WindlassError('INTERNAL', `${name} has no config ${digest}`)
    const { signal = new AbortController().signal } = this.parts
    const descriptor = { ...found, size: found.size }
    await this.parts.store.blobs.put(
      digest,
      await fetchConfigBytes(source, descriptor, { reference: name, signal }),
      signal,
    )
  }

  #schema1Repair(image: NamedParts, request: ImageRequest, scope: Scope): Schema1Repair {
    const { store, signal = new AbortController().signal } = this.parts
    return new Schema1Repair(image, {
      ...{ store, signal, request },
      fetchManifest: (digest) => this.#fetchManifest(digest, request, scope),
      fetchLayer: (descriptor) => this.#replaceLayer(descriptor, request, scope),
    })
  }

  #request(image: NamedParts): ImageRequest {
    const { name, named } = image
    const { digest } = named.descriptor
    if (namesSource(name)) return this.parts.requestFor(name)
    throw new WindlassError(
      'IMAGE_UNKNOWN',
      `Failed to repair ${name === '' ? '""' : printable(name, 500)}: the name does not state the source of the image`,
      {
        reference: name,
        hint: `Add the image again with the tool that named it, or remove the name with “windlass rm ${entryArgument({ name, digest, key: digest })}”.`,
      },
    )
  }
}

/**
 * Reports whether a name states the source of its image. Other tools write arbitrary names into `index.json`: `latest`
 * does not mean the image of that name on Docker Hub.
 */
function namesSource(name: string): boolean {
  try {
    const parsed = parseImageName(name)
    return parsed.kind !== 'registry' || parsed.reference.toString() === name
  } catch {
    return false
  }
}

/** Digest of the served manifest that the manifest `digest` was converted from; undefined if it was not converted. */
function servedDigest(digest: Digest, { named: { descriptor } }: NamedParts): Digest | undefined {
  const served = descriptor.annotations?.[servedAnnotation]
  return digest === descriptor.digest && isDigest(served) ? served : undefined
}

function layerOf(digest: Digest, { name, layers }: NamedParts): Descriptor {
  const layer = layers.find(({ descriptor }) => descriptor.digest === digest)
  if (!layer) throw new WindlassError('INTERNAL', `${name} has no layer ${digest}`)
  return layer.descriptor
}
