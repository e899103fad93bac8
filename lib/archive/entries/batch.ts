/** The messages that carry entries from an unpacking thread to the thread that started it. */
import type { TarEntry } from '../tar/entry.js'

/**
 * A part of an entry, in archive order: `entry`, then `data` any number of times, then `end`. `number` counts the
 * entries of the layer from 1.
 */
export type EntryPart =
  | { readonly kind: 'entry'; readonly number: number; readonly entry: TarEntry }
  | { readonly kind: 'data'; readonly content: Uint8Array; readonly offset: number }
  | { readonly kind: 'end' }

/** Parts that travel in one message. */
export interface EntryBatch {
  readonly parts: readonly EntryPart[]
  /** Memory that the parts need, in bytes: see `weightOf`. */
  readonly weight: number
}

/** Maximum weight in bytes of batches that are sent and not acknowledged. Above it, `EntrySender.flush` waits. */
export const maxWeightInFlight = 2 * 1024 * 1024

/** Returns the weight in bytes of an entry without its content. 512 is the size of a tar header. */
export function weightOf({ path, linkTarget, xattrs }: TarEntry): number {
  let weight = 512 + path.length + linkTarget.length
  for (const [name, value] of xattrs) weight += name.length + value.length
  return weight
}
