/** Provides `awaitConfig`, which delays an image until its config has arrived. */
import { type Stage } from '../../flow/index.js'
import { untilAborted } from '../../flow/lifetime/abort.js'
import { pullStage } from '../pull-stage.js'
import type { AwaitingConfig } from '../elements.js'

/**
 * Returns the stage that emits each image when its config has arrived, so that stages after it need not wait for
 * `image.config.value`. A schema 1 image passes at once, because its config is created after its layers are in the
 * store.
 */
export const awaitConfig = <Image extends AwaitingConfig>(): Stage<Image, Image> =>
  pullStage(
    async (image: Image, turn) => {
      if (image.document.kind !== 'schema1') await untilAborted(image.config.value, turn.signal)
      return image
    },
    { name: 'await-config', order: 'source' },
  )
