/** The messages that carry entries from an unpacking thread to the thread that started it. */
import type { TarEntry } from '../tar/entry.js'

/** A part of an entry. They come in archive order: `entry`, then `data` any number of times, then `end`. */
export type EntryPart =
  | { readonly kind: 'entry'; readonly number: number; readonly entry: TarEntry }
  | { readonly kind: 'data'; readonly content: Uint8Array; readonly offset: number }
  | { readonly kind: 'end' }

/** Parts that travel in one message. */
export interface EntryBatch {
  readonly parts: readonly EntryPart[]
  /** What the parts count against the limit of parts on their way, in bytes. */
  readonly weight: number
}

/** Maximum weight of the batches that are on their way, beyond which a thread waits: see `EntrySender.pace`. */
export const maxUnderWay = 2 * 1024 * 1024

/** Bytes that an entry counts without its content. An archive has at least one block for each. */
export function weightOf({ path, linkTarget, xattrs }: TarEntry): number {
  let weight = 512 + path.length + linkTarget.length
  for (const [name, value] of xattrs) weight += name.length + value.length
  return weight
}
