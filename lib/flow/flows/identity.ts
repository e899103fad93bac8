/** Leaves a flow as it is: the place where a stage of one's own can stand. */
import type { Stage } from './flow.js'

export const identity =
  <T>(): Stage<T, T> =>
  (input) =>
    input
