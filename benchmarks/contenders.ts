/** Windlass as one of those that are compared, beside the peers. */
import { mkdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { program } from './shared/pull-once.js'
import { measured } from './shared/measured.js'
import type { Peer } from './peers/peer.js'

/**
 * @param under where its store is: the same file system as the peers' stores
 * @param beside what a peer's command is run through, where there are peers
 */
export function windlass(
  under: string,
  version: string,
  beside: (command: readonly string[]) => readonly string[] = (command) => command,
): Peer {
  const store = join(under, 'windlass')
  const tree = join(under, 'windlass-tree')
  const run = (...args: readonly string[]): ReturnType<typeof measured> =>
    measured(beside([process.execPath, program(), ...args]))
  const clear = async (): Promise<void> => {
    await rm(store, { recursive: true, force: true })
    await rm(tree, { recursive: true, force: true })
  }
  return {
    name: 'windlass',
    version,
    works: ['unpack', 'fetch', 'again'],
    async prepare() {
      await clear()
      await mkdir(under, { recursive: true })
    },
    clear,
    run: (reference, work) =>
      run('pull', '-q', '--store', store, ...(work === 'fetch' ? ['--no-unpack'] : []), reference),
    // Put together out of the store: what its layers are, seen as one.
    async tree(reference) {
      await run('unpack', '-q', '--store', store, reference, tree)
      return tree
    },
  }
}
