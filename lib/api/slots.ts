/** Assigns the layers that are downloaded or unpacked to numbered slots, so that a display shows each in a fixed place. */
import type { LayerSnapshot, PullSnapshot } from '../events/snapshot-state.js'

/** A layer that holds a slot. Pulls that share the layer hold one slot together. */
export interface SlotHolder {
  readonly digest: string
  /** Ids of the pulls, in the order of their start. */
  readonly pulls: readonly string[]
}

/** The slots of downloads and of unpacks. An undefined slot is free. */
export interface Slots {
  readonly downloads: readonly (SlotHolder | undefined)[]
  readonly unpacks: readonly (SlotHolder | undefined)[]
}

/** The slots before the first message. */
export const noSlots: Slots = { downloads: [], unpacks: [] }

/** Reports whether the layer is being fetched, verified, or unpacked behind its download. */
export const holdsDownload = ({ status }: LayerSnapshot): boolean =>
  status === 'downloading' || status === 'verifying' || status === 'restart' || status === 'retrying'

/** Reports whether a thread unpacks the layer. */
export const holdsUnpack = ({ status, unpacked, total }: LayerSnapshot): boolean =>
  status === 'extracting' ||
  ((status === 'downloading' || status === 'verifying' || status === 'downloaded') &&
    unpacked > 0 &&
    unpacked < total)

/**
 * Returns the slots of the running pulls. A layer keeps the slot that it has in `before`, unless it is beyond `limits` while a slot
 * within them is free.
 */
export function assignSlots(
  before: Slots,
  pulls: readonly (readonly [id: string, snapshot: PullSnapshot])[],
  limits?: { readonly maxDownloads: number; readonly maxUnpacks: number },
): Slots {
  const active = pulls.filter(([, { phase, paused }]) => phase === 'pulling' && !paused)
  return {
    downloads: place(before.downloads, holders(active, holdsDownload), limits?.maxDownloads),
    unpacks: place(before.unpacks, holders(active, holdsUnpack), limits?.maxUnpacks),
  }
}

function holders(
  pulls: readonly (readonly [string, PullSnapshot])[],
  holds: (layer: LayerSnapshot) => boolean,
): Map<string, SlotHolder> {
  const found = new Map<string, SlotHolder>()
  for (const [id, { layers }] of pulls)
    for (const layer of layers) {
      if (!holds(layer)) continue
      const { digest } = layer
      found.set(digest, { digest, pulls: [...(found.get(digest)?.pulls ?? []), id] })
    }
  return found
}

function place(
  before: Slots['downloads'],
  now: Map<string, SlotHolder>,
  most = Infinity,
): Slots['downloads'] {
  const slots: (SlotHolder | undefined)[] = before.map((holder) => holder && now.get(holder.digest))
  const placed = new Set(slots.map((holder) => holder?.digest))
  for (const holder of now.values()) {
    if (placed.has(holder.digest)) continue
    const free = slots.indexOf(undefined)
    if (free >= 0) slots[free] = holder
    else slots.push(holder)
  }
  // A layer that began before the event that ended another one.
  for (let last = slots.length - 1; last >= most; last--) {
    const free = slots.indexOf(undefined)
    if (free < 0 || free >= most || slots[last] === undefined) continue
    slots[free] = slots[last]
    slots[last] = undefined
  }
  while (slots.length > 0 && slots.at(-1) === undefined) slots.pop()
  return slots
}
