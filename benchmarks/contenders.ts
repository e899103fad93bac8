/** Windlass as one of those that are compared, beside the peers. */
import { mkdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { program } from './concurrency/pull-once.js'
import { measured } from './measured.js'
import type { Peer } from './peers/peer.js'

/** @param under where its store is: the same file system as the peers' stores */
export function windlass(under: string, version: string): Peer {
  const store = join(under, 'windlass')
  const pull = [process.execPath, program(), 'pull', '-q', '--store', store]
  return {
    name: 'windlass',
    version,
    works: ['unpack', 'fetch'],
    async prepare() {
      await rm(store, { recursive: true, force: true })
      await mkdir(under, { recursive: true })
    },
    run: (reference, work) => measured([...pull, ...(work === 'fetch' ? ['--no-unpack'] : []), reference]),
    // Put together out of the store: what its layers are, seen as one.
    async tree(reference) {
      const tree = join(under, 'windlass-tree')
      await rm(tree, { recursive: true, force: true })
      await measured([process.execPath, program(), 'unpack', '-q', '--store', store, reference, tree])
      return tree
    },
  }
}
