/** Defines `Demand`, the signal by which a reader paces a flow. */
import type { Observable } from 'rxjs'

/**
 * Each value is a number of further elements that the reader accepts: a non-negative whole number or `Infinity`. The
 * values add up. `of(Infinity)` sets no limit, `interval(5).pipe(map(() => 1))` requests one element every 5 ms,
 * `NEVER` requests none.
 */
export type Demand = Observable<number>
