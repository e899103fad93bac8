/** Defines `Demand`, the signal by which a reader paces a flow. */
import type { Observable } from 'rxjs'

/**
 * Numbers of further elements that the reader accepts. Each value adds to the earlier ones. Values are non-negative whole
 * numbers or `Infinity`. `of(Infinity)` sets no limit, `interval(5).pipe(map(() => 1))` sets a rate, `NEVER` pauses the
 * flow.
 */
export type Demand = Observable<number>
