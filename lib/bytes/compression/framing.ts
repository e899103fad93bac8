/** Checks that supplement a decoder. */

/** Inspects compressed bytes for errors that the decoder does not detect. */
export interface Framing {
  /** Returns the parts of `chunk` for the decoder, each to be passed in a separate write. */
  take(chunk: Buffer): readonly Buffer[]
  /**
   * Called after the last byte. `consumed` is the number of bytes that the decoder used.
   * @throws WindlassError LAYER_INVALID when the stream is truncated or followed by other data
   */
  finish(consumed: number): void
}
