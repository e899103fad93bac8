/** What a decoder of compressed bytes leaves unseen, and somebody has to look at. */

/** Watches the compressed bytes for what the decoder itself lets pass. */
export interface Framing {
  /** The parts of `chunk` that the decoder is given, each by a write of its own. */
  take(chunk: Buffer): readonly Buffer[]
  /** All bytes were taken, and the decoder used the first `consumed` of them. */
  finish(consumed: number): void
}
