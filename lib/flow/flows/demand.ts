/** What a reader tells a flow: how many more elements it will take. Everything else in lib/flow follows from it. */
import type { Observable } from 'rxjs'

/**
 * How many more elements the reader will take; each number adds to what was asked before.
 * Whole numbers from 0, or `Infinity`. `of(Infinity)` is no limit, `interval(5).pipe(map(() => 1))` a rate, `NEVER` a pause.
 */
export type Demand = Observable<number>
