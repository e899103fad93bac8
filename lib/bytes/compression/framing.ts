/** The interface of checks that supplement a decoder. */

/** Inspects compressed bytes for errors that the decoder does not detect. */
export interface Framing {
  /**
   * Checks the next chunk. Returns its parts, each of which must be passed to the decoder in a separate write.
   * @throws WindlassError LAYER_INVALID, LIMIT_EXCEEDED
   */
  split(chunk: Buffer): readonly Buffer[]
  /**
   * Called after the last byte. `consumed` is the number of bytes that the decoder used.
   * @throws WindlassError LAYER_INVALID when the stream is truncated or followed by other data
   */
  finish(consumed: number): void
}
