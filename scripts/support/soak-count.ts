/** Counts the resources of an idle process: memory, descriptors, threads, timers, and the staged files of its store. */
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { census } from '../../lib/testing/nothing-left-census.js'

export interface Count {
  readonly pulls: number
  /** Resident memory in bytes before a garbage collection. */
  readonly rawRss: number
  readonly rss: number
  readonly heap: number
  readonly external: number
  readonly threads: number
  /** Number of open descriptors and active resources by kind. */
  readonly open: ReadonlyMap<string, number>
  readonly staging: number
  readonly partial: number
}

setFlagsFromString('--expose-gc')
const collectGarbage = runInNewContext('gc') as () => void // the flag --expose-gc adds it to new contexts

const entries = (path: string, recursive = true): string[] => {
  try {
    return readdirSync(path, { recursive, encoding: 'utf8' })
  } catch {
    return []
  }
}

/** Returns the number of threads; 0 if the system does not report it. */
const threads = (): number => entries('/proc/self/task', false).length

/** Counts open resources. Descriptors of changing paths are counted by kind. */
function open(store: string): Map<string, number> {
  const counts = new Map<string, number>()
  for (const [kind, count] of census()) {
    const name = kind.startsWith(`descriptor of ${store}`)
      ? 'descriptor in the store'
      : kind.startsWith('descriptor of /proc')
        ? undefined
        : kind
    if (name !== undefined) counts.set(name, (counts.get(name) ?? 0) + count)
  }
  return counts
}

/** Idle connections, which are closed after some seconds. */
const idleConnections = ['descriptor of socket', 'TCPSocketWrap']
const sum = (counts: ReadonlyMap<string, number>, kinds: readonly string[]): number =>
  kinds.reduce((total, kind) => total + (counts.get(kind) ?? 0), 0)

/** Waits until idle connections are closed, and counts. */
export async function count(store: string, pulls: number, sockets: number): Promise<Count> {
  const limit = performance.now() + 8_000
  while (sum(open(store), idleConnections) > sockets && performance.now() < limit) await delay(100)
  const rawRss = process.memoryUsage.rss()
  for (let round = 0; round < 3; round++) {
    collectGarbage()
    await delay(10)
  }
  const { rss, heapUsed, external } = process.memoryUsage()
  const staged = entries(join(store, 'staging')).filter(
    (path) => !/^[0-9a-f]{16}(\/(lock|holds))?$/.test(path),
  )
  const partial = entries(join(store, 'partial')).filter((path) => path.includes('/'))
  return {
    ...{ pulls, rawRss, rss, heap: heapUsed, external, threads: threads() },
    ...{ open: open(store), staging: staged.length, partial: partial.length },
  }
}

/** Returns the number of sockets that are open before any pull, such as the pipes to the process of the registry. */
export const socketsNow = (store: string): number => sum(open(store), idleConnections)
