/** Provides `identity`, the stage that does nothing. */
import type { Stage } from './flow.js'

/** Returns a stage that passes a flow on unchanged. It serves as the default of an optional stage. */
export const identity =
  <T>(): Stage<T, T> =>
  (input) =>
    input
