/**
 * Says that this run needs all that an image is made of, before anybody looks for what of it is here: a collection of
 * garbage in another process must not take away between the plan and the commit what the plan found.
 */
import { type Stage } from '../../flow/index.js'
import { pullStage } from '../pull-stage.js'
import type { Digest } from '../../image/index.js'
import type { Store } from '../../store/index.js'
import type { PullableDocument, Resolved } from '../elements.js'
import { untilAborted } from '../../flow/lifetime/abort.js'

export function holdImage(store: Store): Stage<Resolved<PullableDocument>, Resolved<PullableDocument>> {
  return pullStage(
    async (resolved: Resolved<PullableDocument>, turn): Promise<Resolved<PullableDocument>> => {
      // What is held after all, in the end, is let go of with all else.
      await untilAborted(store.hold(...neededBy(resolved)), turn.signal)
      return resolved
    },
    { name: 'hold-image', order: 'source' },
  )
}

/** A layer's blob stands for its tree as well. */
function neededBy({ document, trail }: Resolved<PullableDocument>): Digest[] {
  const image = document.kind === 'schema1' ? document.known?.document : document
  const layers = document.kind === 'schema1' ? document.layers : document.manifest.layers
  return [
    ...[document, ...trail].map(({ descriptor }) => descriptor.digest),
    ...(image ? [image.descriptor.digest, image.manifest.config.digest] : []),
    ...layers.map(({ digest }) => digest),
  ]
}
