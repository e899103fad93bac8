/** Defines what a frame depends on besides the states of the pulls. */
import type { Paint } from './paint.js'

/** Parameters of a frame besides the state of the pull. */
export interface View {
  readonly columns: number
  /** Maximum number of lines; Infinity for the last frame, which stays on the screen. */
  readonly rows: number
  /** Milliseconds since 1970. */
  readonly now: number
  /** Bytes per second over the last seconds; undefined if it is not known. */
  readonly rate: number | undefined
  /** Colours lines (not at all). */
  readonly paint?: Paint
}
