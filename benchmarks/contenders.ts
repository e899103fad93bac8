/** Defines what Node runs, as contenders next to the peers: Windlass, and a loop without any of its guarantees. */
import { execFileSync } from 'node:child_process'
import { mkdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { program } from './shared/pull-once.js'
import { runMeasured } from './shared/measured.js'
import type { Peer } from './peers/peer.js'

/** A Node that runs contenders. */
export interface Runtime {
  /** Path of the program. */
  readonly node: string
  /** Added to the names of its contenders: empty, or ` (Node 24)`. */
  readonly suffix: string
  /** Version of the contender, for the table. */
  readonly version: string
}

/** Wraps a command in the same way as the commands of the peers, so that the overhead is equal. */
export type Beside = (command: readonly string[]) => readonly string[]

/** Returns the Node that runs the benchmark, and another one if `second` is its path. */
export function runtimes(version: string, second: string): Runtime[] {
  const versionOf = (node: string): string =>
    execFileSync(node, ['-p', 'process.versions.node']).toString().trim()
  const own = { node: process.execPath, suffix: '', version: `${version}, Node ${process.versions.node}` }
  if (second === '') return [own]
  const other = versionOf(second)
  const [major = ''] = other.split('.')
  return [own, { node: second, suffix: ` (Node ${major})`, version: `${version}, Node ${other}` }]
}

/** @param under directory of the store, on the same file system as the stores of the peers */
export function windlass(
  under: string,
  { node, suffix, version }: Runtime,
  beside: Beside = (command) => command,
): Peer {
  const store = join(under, 'windlass')
  const tree = join(under, 'windlass-tree')
  const run = (...args: readonly string[]): ReturnType<typeof runMeasured> =>
    runMeasured(beside([node, program(), ...args]))
  const clear = async (): Promise<void> => {
    await rm(store, { recursive: true, force: true })
    await rm(tree, { recursive: true, force: true })
  }
  return {
    name: `windlass${suffix}`,
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

/** Start of the names of the loops. */
export const loopName = 'node: ask, hash, write'

const loop = fileURLToPath(new URL('peers/naive-loop.mjs', import.meta.url))

/** Returns a loop that fetches, verifies and writes one blob after the other: what Node itself costs. */
export function naiveLoop(under: string, { node, suffix, version }: Runtime, beside: Beside): Peer {
  const directory = join(under, 'naive-loop')
  const clear = (): Promise<void> => rm(directory, { recursive: true, force: true })
  return {
    name: `${loopName}${suffix}`,
    version: version.replace(/^.*, /, ''),
    works: ['fetch'],
    async prepare() {
      await clear()
      await mkdir(directory, { recursive: true })
    },
    clear,
    run: (reference) => runMeasured(beside([node, loop, reference, directory])),
  }
}
