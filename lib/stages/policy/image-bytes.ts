/**
 * Limits the unpacked size of an image. When an image exceeds the limit, its layers stay in the store, because other
 * images may share them.
 */
import { type Observable, defer, map } from 'rxjs'
import { type Stage, lift } from '../../flow/index.js'
import { type Limits, limitExceeded } from '../../limits.js'
import { formatBytes } from '../../quantities.js'
import type { EnsuredLayer } from '../../transfer/elements.js'

/**
 * Returns the stage that passes the layers of an image on unchanged and adds up their unpacked sizes.
 * @throws LIMIT_EXCEEDED as soon as the sum exceeds `imageBytes`
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
