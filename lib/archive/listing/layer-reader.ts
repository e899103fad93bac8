/** Defines `LayerReader`, from which the entries of one layer are read as far as they are needed. */
import type { TarEntry } from '../tar/entry.js'

/** The content of a file. */
export interface FileReading {
  /**
   * Yields the content; can be called once. Content that is verified by its own digest is verified before it is yielded.
   * With `verify`, fails at the end unless the whole layer is the one that the manifest states.
   */
  read(options: { readonly verify: boolean }): AsyncGenerator<Buffer, void, undefined>
  /** Whether the content is verified before it is yielded. */
  readonly verified: boolean
}

/** Reads one layer forward. Entries that were read stay in `entries`. */
export interface LayerReader {
  /** The entries so far, in the order of the layer. Whiteouts are entries. */
  readonly entries: readonly TarEntry[]
  /** Whether `entries` are all of the layer. */
  readonly complete: boolean
  /** Whether the entries are verified: those of a table of contents, or all of a layer that was read to its end. */
  readonly verified: boolean
  /**
   * Reads on until there are more entries, or the layer ends.
   * @param wanted normalized path of the file whose content the caller needs next. If this call reaches that file, it keeps
   * the content, so that the layer need not be read a second time
   */
  advance(wanted?: string): Promise<void>
  /** Opens the content of the file at position `ordinal` of `entries`. */
  content(ordinal: number): FileReading
  /** Closes what is open. */
  close(): Promise<void>
}
