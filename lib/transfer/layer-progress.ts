/** What a layer is doing, as an event: so far of so much. */
import type { LayerEvent, LayerStatus } from '../events/index.js'
import type { ArrivingLayer } from './elements.js'

export function layerProgress(
  { descriptor: { digest, size }, arriving }: ArrivingLayer,
  status: LayerStatus,
  more: {
    readonly host?: string
    readonly retryIn?: number
    readonly reason?: string
    readonly attempt?: number
  } = {},
): LayerEvent {
  return { type: 'layer', digest, status, current: arriving?.file.state.length ?? size, total: size, ...more }
}
