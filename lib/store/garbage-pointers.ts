/** The pointers from blobs to the layers that they unpack to, seen from the layers. */
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type Digest, isDigest } from '../image/index.js'
import { digestPath } from './digest-path.js'
import { isDirectory } from './durable.js'
import { unlessMissing } from './store-error.js'

const folder = 'by-blob'

/** Where the pointers stand that lead from `blobs` to the layer `diffID`. */
export async function pointersOf(
  layers: string,
  diffID: Digest,
  blobs: readonly Digest[],
): Promise<readonly string[]> {
  const paths = blobs.map((blob) => digestPath(join(layers, folder), blob))
  const found = await Promise.all(paths.map((path) => targetOf(path)))
  return paths.filter((_, at) => found[at] === diffID)
}

/** Those whose layer is not there: collected before, or never committed by a run that was killed. Under the metadata lock. */
export async function danglingPointers(layers: string): Promise<string[]> {
  const dangling: string[] = []
  for (const algorithm of (await unlessMissing(readdir(join(layers, folder)))) ?? [])
    for (const hex of (await unlessMissing(readdir(join(layers, folder, algorithm)))) ?? []) {
      if (!isDigest(`${algorithm}:${hex}`)) continue
      const path = join(layers, folder, algorithm, hex)
      const diffID = await targetOf(path)
      if (diffID === undefined || !(await isDirectory(digestPath(layers, diffID)))) dangling.push(path)
    }
  return dangling
}

async function targetOf(path: string): Promise<Digest | undefined> {
  const text = (await unlessMissing(readFile(path, 'utf8')))?.trim()
  return isDigest(text) ? text : undefined
}
