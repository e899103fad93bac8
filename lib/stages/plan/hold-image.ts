/** Protects the content of an image from garbage collection while it is pulled. */
import { type Stage } from '../../flow/index.js'
import { pullStage } from '../pull-stage.js'
import type { Digest } from '../../image/index.js'
import type { Store } from '../../store/index.js'
import type { PullableDocument, Resolved } from '../elements.js'

/**
 * Returns the stage that marks all blobs and layers of an image as in use before `plan` looks for them in the store.
 * Otherwise a garbage collection in another process could remove them before the image is committed. They are marked
 * until the pull has released its resources.
 * @throws CANCELLED; errors of the store
 */
export function holdImage(store: Store): Stage<Resolved<PullableDocument>, Resolved<PullableDocument>> {
  return pullStage(
    async (resolved: Resolved<PullableDocument>, turn): Promise<Resolved<PullableDocument>> => {
      await store.holdUntil(turn.signal, ...neededBy(resolved))
      return resolved
    },
    { name: 'hold-image', order: 'source' },
  )
}

/** Returns the digests to mark. The digest of a layer blob also protects its unpacked tree. */
function neededBy({ document, parentIndexes }: Resolved<PullableDocument>): Digest[] {
  const image = document.kind === 'schema1' ? document.previousConversion?.document : document
  const layers = document.kind === 'schema1' ? document.layers : document.manifest.layers
  return [
    ...[document, ...parentIndexes].map(({ descriptor }) => descriptor.digest),
    ...(image ? [image.descriptor.digest, image.manifest.config.digest] : []),
    ...layers.map(({ digest }) => digest),
  ]
}
