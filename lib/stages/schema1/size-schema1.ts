/** Determines the sizes of the layers of a schema 1 image, which its manifest does not state. */
import { map } from 'rxjs'
import { Flow, type Stage, compose, expand, lift, pausable, toArray } from '../../flow/index.js'
import { pullStage } from '../pull-stage.js'
import { type Descriptor, type Digest, type Schema1Conversion, mediaTypes } from '../../image/index.js'
import type { StoreContents } from '../../store/index.js'
import type { ReadSchema1Document, Resolved, Schema1ImageDocument } from '../elements.js'
import { type RetryPolicy, retryingTransfers } from '../../transfer/retry-policy.js'
import { storedConversion } from '../../transfer/stored/stored-conversion.js'

/** Settings of `sizeSchema1`. */
export interface SizeSchema1Options {
  readonly store: StoreContents
  readonly retry: RetryPolicy
  /** Maximum number of sizes of one image requested concurrently (default 4). */
  readonly slots?: number
}

/** A schema 1 image, and the result of an earlier conversion if the store has it. */
interface ImageWithConversion {
  readonly resolved: Resolved<ReadSchema1Document>
  readonly previousConversion: Schema1Conversion | undefined
}

/**
 * Returns the stage that adds the sizes of the layers: from the blobs in the store, from an earlier conversion of the
 * image, or from the source.
 * @throws errors of `ImageSource.blobSize`
 */
export function sizeSchema1(
  options: SizeSchema1Options,
): Stage<Resolved<ReadSchema1Document>, Resolved<Schema1ImageDocument>> {
  return compose(
    pullStage(
      async (resolved: Resolved<ReadSchema1Document>): Promise<ImageWithConversion> => ({
        resolved,
        previousConversion: await storedConversion(
          { ...resolved.request, digest: resolved.document.descriptor.digest },
          options.store,
        ),
      }),
      { name: 'stored-conversion', order: 'source' },
    ),
    expand(
      (image: ImageWithConversion) =>
        Flow.from(new Set(image.resolved.document.image.layers.map(({ digest }) => digest))).pipe(
          sizeLayer(image, options),
          toArray(),
          lift(map((sizes) => withSizes(image, sizes))),
        ),
      { name: 'size-schema1', order: 'source' },
    ),
  )
}

type LayerSize = Pick<Descriptor, 'digest' | 'size'>

function sizeLayer(
  { resolved: { request }, previousConversion }: ImageWithConversion,
  { store, retry, slots = 4 }: SizeSchema1Options,
): Stage<Digest, LayerSize> {
  const knownSizes = new Map(
    previousConversion?.document.manifest.layers.map(({ digest, size }) => [digest, size]),
  )
  const sizeAtSource = (digest: Digest, signal: AbortSignal): Promise<number> =>
    pausable(request.control, signal, (running) => request.source.blobSize(digest, { signal: running }))
  return pullStage(
    async (digest: Digest, { signal }): Promise<LayerSize> => {
      if (await store.blobs.has(digest)) return { digest, size: await store.blobs.size(digest) }
      return { digest, size: knownSizes.get(digest) ?? (await sizeAtSource(digest, signal)) }
    },
    { name: 'size-layer', slots, supervise: retryingTransfers(retry) },
  )
}

function withSizes(
  { resolved: { request, parentIndexes, document }, previousConversion }: ImageWithConversion,
  found: readonly LayerSize[],
): Resolved<Schema1ImageDocument> {
  const sizes = new Map(found.map(({ digest, size }) => [digest, size]))
  const layers = document.image.layers.map(({ digest }): Descriptor => ({
    mediaType: mediaTypes.ociLayerGzip, // the usual type: the manifest states none; `convertSchema1` corrects it
    digest,
    size: sizes.get(digest) ?? 0,
  }))
  return { request, parentIndexes, document: { ...document, layers, previousConversion } }
}
