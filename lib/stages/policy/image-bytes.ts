/**
 * Holds the unpacked layers of one image together against `imageBytes`. Each layer, within its own limits, may be
 * shared with other images and stays in the store; what is refused is the image that would have them all.
 */
import { type Observable, defer, map } from 'rxjs'
import { type Stage, lift } from '../../flow/index.js'
import { type Limits, limitExceeded } from '../../limits.js'
import type { EnsuredLayer } from '../../transfer/elements.js'

/** Passes every layer on as it is. @throws LIMIT_EXCEEDED with the one that is too much */
export function imageBytes({
  imageBytes: allowed,
}: Pick<Limits, 'imageBytes'>): Stage<EnsuredLayer, EnsuredLayer> {
  const counted = (layers: Observable<EnsuredLayer>): Observable<EnsuredLayer> =>
    defer(() => {
      let bytes = 0
      return layers.pipe(
        map((layer) => {
          bytes += layer.stored?.size ?? 0
          if (bytes <= allowed) return layer
          throw limitExceeded(`The layers of the image have ${bytes} bytes unpacked`, 'imageBytes', allowed)
        }),
      )
    })
  return lift(counted)
}
