/** Protects the content of an image from garbage collection while it is pulled. */
import { type Stage } from '../../flow/index.js'
import { pullStage } from '../pull-stage.js'
import type { Digest } from '../../image/index.js'
import type { Store } from '../../store/index.js'
import type { PullableDocument, Resolved } from '../elements.js'

/**
 * Returns the stage that marks all blobs and layers of an image as in use before the store is searched for them. Otherwise a
 * garbage collection in another process could remove what the plan found before it is committed. The hold lasts until the
 * pull has released its resources.
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

/** Returns the digests to hold. Holding the digest of a blob also protects its unpacked tree. */
function neededBy({ document, trail }: Resolved<PullableDocument>): Digest[] {
  const image = document.kind === 'schema1' ? document.known?.document : document
  const layers = document.kind === 'schema1' ? document.layers : document.manifest.layers
  return [
    ...[document, ...trail].map(({ descriptor }) => descriptor.digest),
    ...(image ? [image.descriptor.digest, image.manifest.config.digest] : []),
    ...layers.map(({ digest }) => digest),
  ]
}
