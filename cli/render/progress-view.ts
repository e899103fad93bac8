/** Defines how the progress of pulls is shown, in whatever form. */
import type { Observable } from 'rxjs'
import type { PullEvent } from '../../lib/events/index.js'

/** A pull that is shown. */
export interface ShownPull {
  /** Resolves when the events have completed and the end of the pull is shown. Never rejects. */
  settle(): Promise<void>
}

/** Shows one or more pulls. */
export interface ProgressView {
  /** Shows a pull. @param label names the pull in lines about one of several */
  add(events: Observable<PullEvent>, label?: string): ShownPull
  /** Runs `work`, which writes to the same terminal. */
  aside<T>(work: () => Promise<T>): Promise<T>
  /** Ends the view. */
  close(): void
}
