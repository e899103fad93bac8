/** Defines the maximum delay of a timer. */

/** Maximum delay of a timer, in milliseconds. Node fires a timer with a longer delay after 1 ms. */
export const maxTimer = 2 ** 31 - 1
