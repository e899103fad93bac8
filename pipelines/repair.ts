/**
 * Brings what the store lacks of an image from where the image's name says, by its digest, through the stages that a pull
 * goes through. The name stays as it is, wherever its tag may point by now.
 */
import { lastValueFrom } from 'rxjs'
import { WindlassError } from '../lib/errors.js'
import { Flow, Scope, compose } from '../lib/flow/index.js'
import { type Digest, parseImageName } from '../lib/image/index.js'
import { type ImageRequest, configBytes } from '../lib/stages/index.js'
import type { Store } from '../lib/store/index.js'
import type { NamedParts } from './image-parts.js'
import type { PullStages } from './pull-stages.js'

export interface RepairParts {
  readonly store: Store
  /** Of a pull that does not unpack. */
  readonly stages: PullStages
  /** Where an image of that name comes from. */
  readonly locate: (name: string) => ImageRequest
  readonly signal: AbortSignal | undefined
}

export class Repair {
  constructor(private readonly parts: RepairParts) {}

  /**
   * @throws IMAGE_UNKNOWN where the name does not say where the image came from; UNSUPPORTED for what no registry has;
   * what the registry says
   */
  async bring(kind: string, digest: Digest, image: NamedParts): Promise<void> {
    const { store, signal } = this.parts
    const request = this.#request(image)
    const scope = new Scope()
    const cancel = (): void => void scope.close()
    signal?.addEventListener('abort', cancel, { once: true })
    try {
      if (kind === 'layer') await this.#layer(digest, image, request, scope)
      else if (kind === 'config') await this.#config(digest, image, request)
      else {
        const wanted = { ...request, target: digest, digest }
        const { document } = await lastValueFrom(
          Flow.of(wanted).pipe(this.parts.stages.resolve).toObservable(scope),
        )
        await store.blobs.put(digest, document.bytes)
      }
      signal?.throwIfAborted()
    } finally {
      signal?.removeEventListener('abort', cancel)
      await scope.close()
    }
  }

  async #layer(digest: Digest, image: NamedParts, { source }: ImageRequest, scope: Scope): Promise<void> {
    const { ensureLayer, download, verify, commitBlob } = this.parts.stages
    const layer = image.layers.find(({ descriptor }) => descriptor.digest === digest)
    if (!layer) throw new WindlassError('INTERNAL', `${image.name} has no layer ${digest}`)
    const { descriptor } = layer
    const task = {
      descriptor,
      source,
      ...({ positions: [0], action: 'download', offset: 0, diffID: undefined } as const),
    }
    const line = ensureLayer(compose(download, verify, commitBlob))
    await lastValueFrom(Flow.of(task).pipe(line).toObservable(scope))
  }

  async #config(digest: Digest, image: NamedParts, { source, name }: ImageRequest): Promise<void> {
    const found = image.documents.find(({ descriptor }) => descriptor.digest === digest)?.descriptor
    if (found?.size === undefined || isConverted(image)) throw madeHere(image)
    const { signal = new AbortController().signal } = this.parts
    const descriptor = { ...found, size: found.size }
    await this.parts.store.blobs.put(
      digest,
      await configBytes(source, descriptor, { reference: name, signal }),
    )
  }

  #request(image: NamedParts): ImageRequest {
    const { name } = image
    const parsed = parseImageName(name)
    // Other tools name images as they like: `latest` is no image of Docker Hub.
    if (parsed.kind === 'registry' && parsed.reference.toString() !== name)
      throw new WindlassError(
        'IMAGE_UNKNOWN',
        `Repairing ${name}: the name does not say where the image came from`,
        { reference: name, hint: 'Bring the image again with the tool that named it.' },
      )
    return this.parts.locate(name)
  }
}

/** Made of a schema 1 manifest: no registry has its manifest and config. */
const isConverted = ({ named }: NamedParts): boolean =>
  Object.keys(named.descriptor.annotations ?? {}).some((key) => key.startsWith('io.windlass.schema1.'))

const madeHere = ({ name }: NamedParts): WindlassError =>
  new WindlassError('UNSUPPORTED', `Repairing ${name}: its config was made here, of a schema 1 manifest`, {
    reference: name,
    hint: `Pull it again: windlass pull ${name}`,
  })
