/** Emits the events about HTTP requests. */
import type { FlowEvent } from '../flow/index.js'
import type { Digest, RequestReport } from '../image/index.js'

/** Returns the function that emits a `request` event for each report. `digest`: digest of the requested content. */
export const requestEvents =
  (turn: { emit(event: FlowEvent): void }, digest?: Digest) =>
  (report: RequestReport): void =>
    turn.emit({ type: 'request', ...report, ...(digest !== undefined && { digest }) })
