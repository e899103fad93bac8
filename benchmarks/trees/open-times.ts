/**
 * Which directories of an image have a time that its layers leave open: the topmost layer that puts something into them
 * does not list them, so what an unpacker writes there is its own affair: the clock, or what a lower layer said.
 */
import { createReadStream } from 'node:fs'
import { Writable } from 'node:stream'
import { layerPath } from '../../lib/archive/rootfs/layer-path.js'
import { TarReader } from '../../lib/archive/tar/reader.js'
import { decompressor, pump } from '../../lib/bytes/index.js'

export interface Listed {
  /** As it stands in the archive. */
  readonly path: string
  readonly isDirectory: boolean
}

/** Paths without slashes around them; the root is `.`. */
export function openTimes(layers: Iterable<readonly Listed[]>): Set<string> {
  const open = new Set<string>()
  for (const layer of layers) {
    const listed = new Set<string>()
    const filled = new Set<string>()
    for (const { path, isDirectory } of layer) {
      const place = layerPath(path)
      if (place) {
        // One that has to be made puts itself into its own parent.
        let parent = place.parent
        while (parent !== '' && !filled.has(parent)) {
          filled.add(parent)
          parent = parent.slice(0, Math.max(0, parent.lastIndexOf('/')))
        }
        filled.add(parent)
      }
      if (isDirectory) listed.add(place ? join(place.parent, place.name) : '')
    }
    for (const path of filled) if (!listed.has(path)) open.add(path || '.')
    for (const path of listed) open.delete(path || '.')
  }
  return open
}

const join = (parent: string, name: string): string => (parent === '' ? name : `${parent}/${name}`)

/** @param blob the file of a layer, as gzip */
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
