/** Defines `BlobPlace`, one place that a blob can be fetched from: the registry of the image, or a foreign URL. */
import type { WindlassError } from '../../errors.js'
import type { PullEventBody } from '../../events/index.js'
import type { BlobBody, BlobRequest } from '../../image/index.js'

/** A place that may provide one blob. */
export interface BlobPlace {
  /** Name in messages and in the record of a partial download: a host, or a URL without secrets. */
  readonly from: string
  /** Opens the blob. A validator is only sent to the place that issued it. */
  readonly fetch: (request: BlobRequest) => Promise<BlobBody>
  /** Returns the event for a failure after which another place is tried. Without it, the failure is not reported. */
  readonly failureEvent?: (error: WindlassError) => PullEventBody
}
