/** The longest delay of a timer, in milliseconds: Node fires a timer that is set for longer after 1 ms instead. */
export const maxTimer = 2 ** 31 - 1
