/** The interface for reading the entries of one layer only as far as they are needed. */
import type { TarEntry } from '../tar/entry.js'

/** The content of a file. */
export interface FileReading {
  /**
   * Yields the content. Can be called once. With `verify`, throws after the content unless the layer is the one that
   * the manifest states.
   */
  read(options: { readonly verify: boolean }): AsyncGenerator<Buffer, void, undefined>
  /** Whether the content has its own digest and is verified before it is yielded. */
  readonly verified: boolean
}

/** Reads one layer forward. Entries that were read stay in `entries`. */
export interface LayerReader {
  /** The entries so far, in the order of the layer. Whiteouts are entries. */
  readonly entries: readonly TarEntry[]
  /** Whether `entries` contains all entries of the layer. */
  readonly complete: boolean
  /** Whether the entries are verified: they come from a table of contents, or the layer was read to its end. */
  readonly verified: boolean
  /**
   * Reads on until there are more entries, or the layer ends.
   * @param wanted normalized path of the file whose content the caller will need. Its content is kept if this call
   * reaches it, so that the layer need not be read a second time
   */
  advance(wanted?: string): Promise<void>
  /** Opens the content of the file at position `ordinal` of `entries`. */
  content(ordinal: number): FileReading
  /** Closes the source. */
  close(): Promise<void>
}
