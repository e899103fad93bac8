/** Queries the pointers from blobs to layers. */
import { lstat, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { type Digest, isDigest } from '../../image/index.js'
import { digestPath } from '../files/digest-path.js'
import { isDirectory } from '../files/durable.js'
import { readPointer } from './layer-pointer-file.js'
import { withStoreErrors, ignoreMissing } from '../files/store-error.js'

const folder = 'by-blob'

/** Returns the paths of the pointers from `blobs` to the layer `diffID`. */
export async function pointersOf(
  layers: string,
  diffID: Digest,
  blobs: readonly Digest[],
): Promise<readonly string[]> {
  const paths = blobs.map((blob) => digestPath(join(layers, folder), blob))
  const found = await Promise.all(paths.map((path) => readPointer(path)))
  return paths.filter((_, at) => found[at] === diffID)
}

/**
 * Returns the diffIDs that the pointers of `blobs` contain, in order; undefined for a missing or unreadable pointer.
 */
export const diffIDsOf = (layers: string, blobs: readonly Digest[]): Promise<(Digest | undefined)[]> =>
  Promise.all(blobs.map((blob) => readPointer(digestPath(join(layers, folder), blob))))

/** An entry in the place of a pointer that is not a regular file. */
export interface ForeignPointer {
  readonly blob: Digest
  readonly path: string
  /** The inode, for `Garbage.discard`, which removes only this entry. */
  readonly inode: bigint
}

/** Lists the entries in the place of pointers that are not regular files. @throws WindlassError STORE_* */
export const foreignPointers = (store: string): Promise<ForeignPointer[]> =>
  withStoreErrors('list the pointers to layers', join(store, 'layers', folder), async () => {
    const found: ForeignPointer[] = []
    for await (const { blob, path } of pointersIn(join(store, 'layers'))) {
      const stats = await ignoreMissing(lstat(path, { bigint: true }))
      if (stats && !stats.isFile()) found.push({ blob, path, inode: stats.ino })
    }
    return found
  })

async function* pointersIn(layers: string): AsyncGenerator<{ readonly blob: Digest; readonly path: string }> {
  for (const algorithm of (await ignoreMissing(readdir(join(layers, folder)))) ?? [])
    for (const hex of (await ignoreMissing(readdir(join(layers, folder, algorithm)))) ?? []) {
      const blob = `${algorithm}:${hex}`
      if (isDigest(blob)) yield { blob, path: join(layers, folder, algorithm, hex) }
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
