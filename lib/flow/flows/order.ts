/** Defines the order in which a stage with several slots emits its results. */

/** `arrival`: as results become ready. `source`: in the order of the input, so a slow element delays those after it. */
export type Order = 'arrival' | 'source'
