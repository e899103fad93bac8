/** In which order a stage with several slots lets its results go. */

/** `arrival`: as they become ready. `source`: as their elements came in, so a slow one holds back those behind it. */
export type Order = 'arrival' | 'source'
