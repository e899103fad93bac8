/** Measures what takes the space of a store. */
import { join } from 'node:path'
import { WindlassError } from '../../errors.js'
import { diskUsage } from '../files/disk-usage.js'
import { withStoreErrors } from '../files/store-error.js'
import type { Collected, Garbage } from '../garbage/garbage.js'
import { listInterrupted } from '../partial/evict-partials.js'
import { type MeasuredStore, measureImages, totalBytes } from './image-usage.js'

/** A kind of content of a store. */
export interface UsageOfKind {
  readonly count: number
  /** In bytes. */
  readonly bytes: number
  /** Bytes that `Garbage.collect` without options would free; undefined if that cannot be decided. */
  readonly reclaimable: number | undefined
}

/** What takes the space of a store. */
export interface StoreUsage {
  /** Manifests, configs and compressed layers. */
  readonly blobs: UsageOfKind
  /** Unpacked layers: the size of their trees as tar archives. */
  readonly layers: UsageOfKind
  /** Interrupted and active downloads. */
  readonly partials: UsageOfKind
  /** Bytes on the disk of what processes are writing or deleting. */
  readonly staging: number
  /** Bytes on the disk of what mounts add: corrections, and what was written to writable mounts. */
  readonly mounts: number
  /** Sum of all of them in bytes. */
  readonly total: number
  /** Sum of what is reclaimable in bytes; undefined if that cannot be decided. */
  readonly reclaimable: number | undefined
}

/** Measures a store. @throws WindlassError STORE_* when it cannot be read */
export async function measureStore(
  store: MeasuredStore & { readonly garbage: Garbage },
  signal?: AbortSignal,
): Promise<StoreUsage> {
  const { items } = await measureImages(store)
  const { directory } = store
  return withStoreErrors('measure the store', directory, async () => {
    const partials = await listInterrupted(join(directory, 'partial'))
    const staging = await diskUsage(join(directory, 'staging'))
    const mounts = await diskUsage(join(directory, 'mounts'))
    const collected = await store.garbage.collect({ dryRun: true }, signal).catch(unlessCorrupt)
    const kind = (
      name: Collected['removed'][number]['kind'],
      all: readonly { bytes: number }[],
    ): UsageOfKind => ({
      ...{ count: all.length, bytes: totalBytes(all) },
      reclaimable: collected && totalBytes(collected.removed.filter((removed) => removed.kind === name)),
    })
    const blobs = kind(
      'blob',
      items.filter((item) => item.kind === 'blob'),
    )
    const layers = kind(
      'layer',
      items.filter((item) => item.kind === 'layer'),
    )
    const downloads = kind('partial', partials)
    const total = blobs.bytes + layers.bytes + downloads.bytes + staging + mounts
    return {
      ...{ blobs, layers, partials: downloads, staging, mounts, total },
      reclaimable: collected?.bytes,
    }
  })
}

/** A store with damage can be measured, but nothing of it be collected. */
function unlessCorrupt(error: unknown): undefined {
  if (!(error instanceof WindlassError) || error.code !== 'STORE_CORRUPT') throw error
}
