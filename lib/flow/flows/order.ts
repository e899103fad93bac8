/** Defines the order in which a stage with several slots emits its results. */

/**
 * `arrival`: results are emitted as they become ready. `source`: results are emitted in the order of the input
 * elements, so a slow element delays those after it.
 */
export type Order = 'arrival' | 'source'
