/** Provides `eachLayer`, which passes the layers of an image through a stage. */
import { map } from 'rxjs'
import { Flow, type Stage, expand, lift } from '../../flow/index.js'
import { WindlassError } from '../../errors.js'
import type { Digest } from '../../image/index.js'
import type { ConfigDocument, PlannedImage, WholeImage } from '../elements.js'
import type { EnsuredLayer, LayerTask, PlannedLayer } from '../../transfer/elements.js'
import { toArray } from '../../flow/flows/to-array.js'

/**
 * Returns the stage that passes every distinct layer of an image through `layerStage` and emits the image when all are
 * in the store.
 * @param images - maximum number of images processed concurrently
 * @throws ROOTFS_MISMATCH when the config states two diffIDs for one layer; STAGE_FAILED when `layerStage` does not
 * emit a layer; errors of `layerStage`
 */
export function eachLayer(
  layerStage: Stage<LayerTask, EnsuredLayer>,
  images = 1,
): Stage<PlannedImage, WholeImage> {
  return expand(
    (image: PlannedImage) =>
      Flow.from(layerTasks(image)).pipe(
        layerStage,
        toArray(),
        lift(map((ensured): WholeImage => ({ ...image, ensured: assertComplete(image, ensured) }))),
      ),
    { slots: images, order: 'source' },
  )
}

/**
 * Returns the layers that `layerStage` emitted. Throws if one is missing: a stage in `onLayer` may not have returned
 * it.
 */
function assertComplete(
  image: PlannedImage,
  ensured: readonly (EnsuredLayer | undefined)[],
): readonly EnsuredLayer[] {
  const known = ensured.filter((each): each is EnsuredLayer => each?.task !== undefined)
  const digests = new Set(known.map(({ task }) => task.descriptor.digest))
  const lost = image.layers.find(({ descriptor }) => !digests.has(descriptor.digest))
  if (lost === undefined && known.length === ensured.length) return known
  const { name: reference } = image.request
  const what =
    lost === undefined ? 'something that is no layer came' : `${lost.descriptor.digest} did not come`
  throw new WindlassError('STAGE_FAILED', `The layers of ${reference}: ${what} out of the stages`, {
    reference,
    hint: 'A stage in onLayer has to return each layer that it receives.',
  })
}

function* layerTasks(image: PlannedImage): Iterable<LayerTask> {
  for (const layer of image.layers) {
    const { document, request, config } = image
    const diffID =
      document.kind === 'schema1'
        ? undefined
        : config.value.then((known) => expectedDiffID(layer, known, request.name))
    diffID?.catch(() => undefined) // the error surfaces where the promise is awaited
    const { source, control } = request
    yield { ...layer, source, diffID, control, group: request }
  }
}

/**
 * Returns the diffID that the config states for a layer. It must be the same at every position of the layer.
 * @throws ROOTFS_MISMATCH when it is not
 */
function expectedDiffID(
  { descriptor, positions }: PlannedLayer,
  { diffIDs }: ConfigDocument,
  name: string,
): Digest {
  const [first, ...others] = positions.map((at) => diffIDs[at])
  if (first === undefined || others.some((each) => each !== first))
    throw new WindlassError(
      'ROOTFS_MISMATCH',
      `The config of ${name} states different diffIDs for the layer ${descriptor.digest}, which occurs more than once`,
      { reference: name, digest: descriptor.digest, hint: 'Tell whoever publishes the image.' },
    )
  return first
}
