/** Processes the layers of an image. */
import { map } from 'rxjs'
import { Flow, type Stage, expand, lift } from '../../flow/index.js'
import { WindlassError } from '../../errors.js'
import type { Digest } from '../../image/index.js'
import type { ConfigDocument, PlannedImage, WholeImage } from '../elements.js'
import type { EnsuredLayer, LayerTask, PlannedLayer } from '../../transfer/elements.js'
import { toArray } from '../../flow/flows/to-array.js'

/**
 * Returns the stage that sends every distinct layer of an image through `line` and emits the image when all are in
 * the store.
 * @param images - maximum number of images processed concurrently
 * @throws ROOTFS_MISMATCH when the config gives two diffIDs to one layer; errors of `line`
 */
export function eachLayer(line: Stage<LayerTask, EnsuredLayer>, images = 1): Stage<PlannedImage, WholeImage> {
  return expand(
    (image: PlannedImage) =>
      Flow.from(layerTasks(image)).pipe(
        line,
        toArray(),
        lift(map((ensured): WholeImage => ({ ...image, ensured }))),
      ),
    { slots: images, order: 'source' },
  )
}

function* layerTasks(image: PlannedImage): Iterable<LayerTask> {
  for (const layer of image.layers) {
    const { document, request, config } = image
    const diffID =
      document.kind === 'schema1'
        ? undefined
        : config.value.then((known) => expectedDiffID(layer, known, request.name))
    diffID?.catch(() => undefined) // the error surfaces where the promise is awaited
    yield { ...layer, source: request.source, diffID, group: request }
  }
}

/**
 * Returns the diffID that the config gives to a layer. It must be the same at every position of the layer.
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
