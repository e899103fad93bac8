/** Defines Windlass as a contender next to the peers. */
import { mkdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { program } from './shared/pull-once.js'
import { runMeasured } from './shared/measured.js'
import type { Peer } from './peers/peer.js'

/**
 * @param under directory of the store, on the same file system as the stores of the peers
 * @param beside wraps a command in the same way as the commands of the peers, so that the overhead is equal
 */
export function windlass(
  under: string,
  version: string,
  beside: (command: readonly string[]) => readonly string[] = (command) => command,
): Peer {
  const store = join(under, 'windlass')
  const tree = join(under, 'windlass-tree')
  const run = (...args: readonly string[]): ReturnType<typeof runMeasured> =>
    runMeasured(beside([process.execPath, program(), ...args]))
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
    // The tree is built from the layers in the store.
    async tree(reference) {
      await run('unpack', '-q', '--store', store, reference, tree)
      return tree
    },
  }
}
