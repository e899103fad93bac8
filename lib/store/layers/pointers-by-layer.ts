/** Reads and lists the pointers from blobs to layers, for verification and garbage collection. */
import { lstat, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { type Digest, isDigest } from '../../image/index.js'
import { digestPath } from '../files/digest-path.js'
import { isDirectory } from '../files/durable.js'
import { readPointer } from './layer-pointer-file.js'
import { withStoreErrors, ignoreMissing } from '../files/store-error.js'

const pointersFolder = 'by-blob'

/**
 * Returns the diffID in the pointer of each blob, in order; undefined for a missing or unreadable pointer.
 */
export const readPointers = (layers: string, blobs: readonly Digest[]): Promise<(Digest | undefined)[]> =>
  Promise.all(blobs.map((blob) => readPointer(digestPath(join(layers, pointersFolder), blob))))

/** A directory, link or other entry at the path of a pointer, which must be a regular file. */
export interface InvalidPointer {
  readonly blob: Digest
  readonly path: string
  /** The inode, for `Garbage.discard`, which removes only this entry. */
  readonly inode: bigint
}

/** Lists the entries at the paths of pointers that are not regular files. @throws WindlassError STORE_* */
export const invalidPointers = (store: string): Promise<InvalidPointer[]> =>
  withStoreErrors('list the pointers to layers', join(store, 'layers', pointersFolder), async () => {
    const found: InvalidPointer[] = []
    for await (const { blob, path } of pointersIn(join(store, 'layers'))) {
      const stats = await ignoreMissing(lstat(path, { bigint: true }))
      if (stats && !stats.isFile()) found.push({ blob, path, inode: stats.ino })
    }
    return found
  })

async function* pointersIn(layers: string): AsyncGenerator<{ readonly blob: Digest; readonly path: string }> {
  for (const algorithm of (await ignoreMissing(readdir(join(layers, pointersFolder)))) ?? [])
    for (const hex of (await ignoreMissing(readdir(join(layers, pointersFolder, algorithm)))) ?? []) {
      const blob = `${algorithm}:${hex}`
      if (isDigest(blob)) yield { blob, path: join(layers, pointersFolder, algorithm, hex) }
    }
}

/**
 * Returns the paths of pointers whose layer does not exist: it was collected, or its commit was interrupted. The caller
 * holds the metadata lock.
 */
export async function danglingPointers(layers: string): Promise<string[]> {
  const dangling: string[] = []
  for await (const { path } of pointersIn(layers)) {
    const diffID = await readPointer(path)
    if (diffID === undefined || !(await isDirectory(digestPath(layers, diffID)))) dangling.push(path)
  }
  return dangling
}
