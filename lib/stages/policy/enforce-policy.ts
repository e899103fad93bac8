/** Refuses images that a policy does not accept, before any layer is requested. */
import { type Stage } from '../../flow/index.js'
import { type ImagePolicy, checkPolicy } from '../../signatures/index.js'
import { type RetryPolicy, retryingTransfers } from '../../transfer/retry-policy.js'
import { requestEvents } from '../../transfer/request-events.js'
import type { Resolved } from '../elements.js'
import { pullStage } from '../pull-stage.js'
import { signedImage } from '../signed-image.js'

/**
 * Returns the stage that passes images on unchanged if `policy` accepts them. It can stand wherever the manifest is
 * known: before the plan of a pull, as in `pullStages`, or as a part of `onImage`.
 * @throws POLICY_REJECTED, SIGNATURE_MISSING, SIGNATURE_INVALID, SIGNATURE_UNTRUSTED, SIGNATURE_MISMATCH,
 *   SIGNATURE_EXPIRED; errors of the source
 */
export function enforcePolicy<Image extends Resolved>(
  policy: ImagePolicy,
  { retry }: { readonly retry: RetryPolicy },
): Stage<Image, Image> {
  return pullStage(
    async (image: Image, turn): Promise<Image> => {
      await checkPolicy(policy, signedImage(image), {
        ...{ signal: turn.signal, onRequest: requestEvents(turn) },
        onWarning: (code, message) => turn.emit({ type: 'warning', code, message }),
      })
      return image
    },
    { name: 'enforce-policy', order: 'source', supervise: retryingTransfers(retry) },
  )
}
