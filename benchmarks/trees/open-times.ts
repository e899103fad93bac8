/**
 * Finds directories of an image whose time its layers do not define: the topmost layer that writes into the directory
 * does not list it. An unpacker then uses the current time or that of a lower layer.
 */
import { createReadStream } from 'node:fs'
import { Writable } from 'node:stream'
import { layerPath } from '../../lib/archive/rootfs/layer-path.js'
import { TarReader } from '../../lib/archive/tar/reader.js'
import { decompressor, pump } from '../../lib/bytes/index.js'

export interface Listed {
  /** Name in the archive. */
  readonly path: string
  readonly isDirectory: boolean
}

/** Returns paths without leading and trailing slashes. The root is `.`. */
export function undefinedTimes(layers: Iterable<readonly Listed[]>): Set<string> {
  const open = new Set<string>()
  for (const layer of layers) {
    const listEntries = new Set<string>()
    const filled = new Set<string>()
    for (const { path, isDirectory } of layer) {
      const place = layerPath(path)
      if (place) {
        // A directory that must be made changes its parent too.
        let parent = place.parent
        while (parent !== '' && !filled.has(parent)) {
          filled.add(parent)
          parent = parent.slice(0, Math.max(0, parent.lastIndexOf('/')))
        }
        filled.add(parent)
      }
      if (isDirectory) listEntries.add(place ? join(place.parent, place.name) : '')
    }
    for (const path of filled) if (!listEntries.has(path)) open.add(path || '.')
    for (const path of listEntries) open.delete(path || '.')
  }
  return open
}

const join = (parent: string, name: string): string => (parent === '' ? name : `${parent}/${name}`)

/** @param blob file of a layer in gzip */
export async function listed(blob: string): Promise<Listed[]> {
  const entries: Listed[] = []
  const reader = new TarReader({
    entry: ({ path, type }) => entries.push({ path, isDirectory: type === 'directory' }),
    data: () => undefined,
    end: () => undefined,
  })
  const into = new Writable({
    write(chunk: Buffer, _, done) {
      reader.write(chunk)
      done()
    },
  })
  await pump([createReadStream(blob), decompressor('gzip'), into])
  reader.finish()
  return entries
}
