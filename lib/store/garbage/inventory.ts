/** Lists the content of a store: blobs, unpacked layers, and paths that do not belong to it. */
import type { BigIntStats } from 'node:fs'
import { lstat, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { type Digest, isDigest } from '../../image/index.js'
import type { LayerRecord } from '../layers/layer-record.js'
import { readRecord, readRecordOrDenied } from '../layers/layer-record-file.js'
import { stagingName } from '../files/mounts.js'
import { withStoreErrors, ignoreMissing } from '../files/store-error.js'

/** A blob or an unpacked layer. */
export interface StoredItem {
  readonly kind: 'blob' | 'layer'
  /** For a layer, its diffID. */
  readonly digest: Digest
  readonly path: string
  /** Size in bytes; for a layer, the size of its trees as tar archives, or 0 without a record. */
  readonly bytes: number
  /** The blobs that a layer was unpacked from. */
  readonly blobs: readonly Digest[]
}

/** The content of a store. */
export interface Inventory {
  readonly items: readonly StoredItem[]
  /** Paths with unknown names, or of the wrong type. */
  readonly unexpectedPaths: readonly string[]
}

const pointersFolder = 'by-blob'

/** Lists the content of `store`. @throws WindlassError STORE_* when it cannot be read */
export const inventory = (store: string): Promise<Inventory> =>
  withStoreErrors('list the content of the store', store, () => listAll(store, readRecord))

/**
 * Like `inventory`, but if this user may not read the record of a layer, lists the layer without blobs instead of
 * failing.
 * @throws WindlassError STORE_*
 */
export const readableInventory = (store: string): Promise<Inventory> =>
  withStoreErrors('list the content of the store', store, () =>
    listAll(store, async (path, digest) => {
      const record = await readRecordOrDenied(path, digest)
      return record === 'denied' ? undefined : record
    }),
  )

async function listAll(store: string, read: typeof readRecord): Promise<Inventory> {
  const items: StoredItem[] = []
  const unexpectedPaths: string[] = []
  for await (const { digest, path, stats } of entriesOf(join(store, 'blobs'), [stagingName]))
    if (digest && stats.isFile())
      items.push({ kind: 'blob', digest, path, bytes: Number(stats.size), blobs: [] })
    else unexpectedPaths.push(path)
  for await (const { digest, path, stats } of entriesOf(join(store, 'layers'), [pointersFolder, stagingName]))
    if (digest && stats.isDirectory()) items.push(layerItem(digest, path, await read(path, digest)))
    else unexpectedPaths.push(path)
  return { items, unexpectedPaths }
}

function layerItem(digest: Digest, path: string, record: LayerRecord | undefined): StoredItem {
  const bytes = Object.values(record?.forms ?? {}).reduce((total, { size }) => total + size, 0)
  return { kind: 'layer', digest, path, bytes, blobs: record?.blobs.map((blob) => blob.digest) ?? [] }
}

interface Entry {
  readonly digest: Digest | undefined
  readonly path: string
  readonly stats: BigIntStats
}

/** Yields the entries `<directory>/<algorithm>/<hex>`, and those with other names without a digest. Skips `except`. */
async function* entriesOf(directory: string, except: readonly string[]): AsyncGenerator<Entry> {
  for (const algorithm of (await ignoreMissing(readdir(directory))) ?? []) {
    if (except.includes(algorithm)) continue
    const folder = join(directory, algorithm)
    const names = await ignoreMissing(readdir(folder, { encoding: 'buffer' }))
    if (names === undefined || !/^sha(256|384|512)$/.test(algorithm)) {
      const stats = await ignoreMissing(lstat(folder, { bigint: true }))
      if (stats) yield { digest: undefined, path: folder, stats }
      continue
    }
    for (const name of names) {
      // The path is passed as bytes, because corruption may turn a name into invalid UTF-8.
      const stats = await ignoreMissing(
        lstat(Buffer.concat([Buffer.from(`${folder}/`), name]), { bigint: true }),
      )
      const hex = name.toString()
      const digest = `${algorithm}:${hex}`
      if (stats) yield { digest: isDigest(digest) ? digest : undefined, path: join(folder, hex), stats }
    }
  }
}
