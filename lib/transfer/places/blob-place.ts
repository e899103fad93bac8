/**
 * Defines `BlobPlace`, a place that a blob can be fetched from: a mirror, the registry of the image, or a URL in the
 * descriptor of the layer (a foreign URL).
 */
import type { WindlassError } from '../../errors.js'
import type { PullEventBody } from '../../events/index.js'
import type { BlobBody, BlobRequest } from '../../image/index.js'

/** A place that may provide one blob. */
export interface BlobPlace {
  /** Name in messages and in the record of a partial download: a host, or a URL without secrets. */
  readonly from: string
  /** Whether this is a mirror, which is tried once for each layer. */
  readonly isMirror?: boolean
  /** Opens the blob. The validator of a request must be one that this place returned. */
  readonly fetch: (request: BlobRequest) => Promise<BlobBody>
  /**
   * Is called when this place has failed and another one is tried. Returns the event that reports it, if there is to be
   * one.
   */
  readonly onFailure?: (error: WindlassError) => PullEventBody | undefined
}
