/** How much an archive may ask for before it is refused. */

/** Each limit is refused as LIMIT_EXCEEDED, and the message names it as it is spelled here. */
export interface TarLimits {
  /** Bytes of one pax header, GNU long name or sparse map. Go and libarchive: 1 MiB. */
  readonly maxHeaderBytes: number
  /**
   * Bytes a sparse file may expand to. Holes cost the archive nothing: without a limit 1 KiB can ask for a file
   * of 1 TiB, which anything that copies the tree later has to pay for.
   */
  readonly maxSparseFileBytes: number
  /** Entries of the archive. */
  readonly maxEntries: number
  /** Bytes of all files together, holes not counted. */
  readonly maxTotalBytes: number
}

export const defaultTarLimits: TarLimits = {
  maxHeaderBytes: 2 ** 20,
  maxSparseFileBytes: 64 * 2 ** 30,
  maxEntries: Infinity,
  maxTotalBytes: Infinity,
}
