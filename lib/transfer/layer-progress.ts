/** Builds the event that reports the state of a layer. */
import type { LayerEvent, LayerStatus } from '../events/index.js'
import type { ArrivingLayer } from './elements.js'

/**
 * Returns a `layer` event with the given status. `current` is the number of bytes received, or the total size if
 * nothing is being downloaded; both are compressed bytes. `retryIn` is in milliseconds.
 */
export function layerProgress(
  { descriptor: { digest, size }, arriving }: ArrivingLayer,
  status: LayerStatus,
  details: {
    readonly host?: string
    readonly retryIn?: number
    readonly reason?: string
    readonly attempt?: number
  } = {},
): LayerEvent {
  return {
    type: 'layer',
    digest,
    status,
    current: arriving?.file.state.length ?? size,
    total: size,
    ...details,
  }
}
