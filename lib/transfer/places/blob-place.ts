/**
 * Defines `BlobPlace`, a place that a blob can be fetched from: the registry of the image, or a URL in the descriptor
 * of the layer (a foreign URL).
 */
import type { WindlassError } from '../../errors.js'
import type { PullEventBody } from '../../events/index.js'
import type { BlobBody, BlobRequest } from '../../image/index.js'

/** A place that may provide one blob. */
export interface BlobPlace {
  /** Name in messages and in the record of a partial download: a host, or a URL without secrets. */
  readonly from: string
  /** Opens the blob. The validator of a request must be one that this place returned. */
  readonly fetch: (request: BlobRequest) => Promise<BlobBody>
  /**
   * Returns the event that reports the failure of this place when another place is tried. Without it, no event is
   * emitted.
   */
  readonly failureEvent?: (error: WindlassError) => PullEventBody
}
