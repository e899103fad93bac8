/**
 * Limits the unpacked size of an image. A layer within its own limits may be shared with other images and stays in
 * the store; only the image as a whole is refused.
 */
import { type Observable, defer, map } from 'rxjs'
import { type Stage, lift } from '../../flow/index.js'
import { type Limits, limitExceeded } from '../../limits.js'
import { formatBytes } from '../../quantities.js'
import type { EnsuredLayer } from '../../transfer/elements.js'

/**
 * Returns the stage that passes every layer on unchanged and adds up the unpacked sizes.
 * @throws LIMIT_EXCEEDED at the layer that exceeds `imageBytes`
 */
export function imageBytes({
  imageBytes: allowed,
}: Pick<Limits, 'imageBytes'>): Stage<EnsuredLayer, EnsuredLayer> {
  const limitTotal = (layers: Observable<EnsuredLayer>): Observable<EnsuredLayer> =>
    defer(() => {
      let bytes = 0
      return layers.pipe(
        map((layer) => {
          bytes += layer.stored?.size ?? 0
          if (bytes <= allowed) return layer
          throw limitExceeded(
            `The layers of the image take ${formatBytes(bytes)} unpacked`,
            'imageBytes',
            allowed,
          )
        }),
      )
    })
  return lift(limitTotal)
}
