/** Counts the resources of the process: open file descriptors, and resources that keep the event loop alive. */
import { readdirSync, readlinkSync } from 'node:fs'

/** Number of resources by kind. */
export type Census = ReadonlyMap<string, number>

// Contains a link for each open file descriptor. Other systems than Linux have no such directory: descriptors are not
// counted there.
const descriptorDirectory = '/proc/self/fd'

/** Returns what each open descriptor refers to. */
function descriptorTargets(): string[] {
  try {
    return readdirSync(descriptorDirectory).flatMap((name) => {
      try {
        // The inode number of a socket or pipe is removed, so that all sockets count as one kind.
        return [readlinkSync(`${descriptorDirectory}/${name}`).replace(/:\[.*\]$/, '')]
      } catch {
        return [] // the descriptor of the listing itself, which is closed
      }
    })
  } catch {
    return []
  }
}

// Short-lived resources of Node itself, which a leak does not accumulate.
const ignoredKinds = new Set([
  'Immediate',
  'TickObject',
  'FSReqCallback',
  'FSReqPromise',
  'CloseReq',
  'Microtask',
])

/**
 * Counts the resources that are open now.
 * @param gauges functions that return further counts, by name
 */
export function census(gauges: Readonly<Record<string, () => number>> = {}): Census {
  const counts = new Map<string, number>()
  const add = (kind: string, count: number): void => void counts.set(kind, (counts.get(kind) ?? 0) + count)
  for (const target of descriptorTargets()) add(`descriptor of ${target}`, 1)
  for (const kind of process.getActiveResourcesInfo()) if (!ignoredKinds.has(kind)) add(kind, 1)
  for (const [name, gauge] of Object.entries(gauges)) add(name, gauge())
  return counts
}

/** Returns one line for each kind of resource of which `after` has more than `before`. */
export function describeLeaks(before: Census, after: Census): string[] {
  return [...after]
    .map(([kind, count]) => ({ kind, more: count - (before.get(kind) ?? 0) }))
    .filter(({ more }) => more > 0)
    .map(({ kind, more }) => `${more} x ${kind}`)
}

/**
 * Counts the resources of the idle process: the minimum of five counts. A short-lived resource, such as a timer of the
 * test runner, then does not hide a resource that leaks later.
 */
export async function idleCensus(gauges: Readonly<Record<string, () => number>> = {}): Promise<Census> {
  let minimum = census(gauges)
  for (let round = 0; round < 4; round++) {
    await new Promise((resolve) => setTimeout(resolve, 4))
    const next = census(gauges)
    minimum = new Map([...minimum].map(([kind, count]) => [kind, Math.min(count, next.get(kind) ?? 0)]))
  }
  return minimum
}
