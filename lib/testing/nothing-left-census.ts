/** Counts the resources of the process: open file descriptors, and resources that keep the event loop alive. */
import { readdirSync, readlinkSync } from 'node:fs'

/** Number of resources by kind. */
export type Census = ReadonlyMap<string, number>

// Lists the descriptors. Only Linux has this directory; elsewhere descriptors are not counted.
const descriptorDirectory = '/proc/self/fd'

function descriptors(): string[] {
  try {
    return readdirSync(descriptorDirectory).flatMap((name) => {
      try {
        // Sockets and pipes have individual inode numbers, which are removed to count them by kind.
        return [readlinkSync(`${descriptorDirectory}/${name}`).replace(/:\[.*\]$/, '')]
      } catch {
        return [] // the descriptor of the listing itself, which is closed
      }
    })
  } catch {
    return []
  }
}

// Short-lived resources of Node itself. A leak is visible in other resources.
const transient = new Set([
  'Immediate',
  'TickObject',
  'FSReqCallback',
  'FSReqPromise',
  'CloseReq',
  'Microtask',
])

/**
 * Counts the resources that are open now.
 * @param gauges further counts by name, for example the number of files in a directory
 */
export function census(gauges: Readonly<Record<string, () => number>> = {}): Census {
  const counts = new Map<string, number>()
  const add = (kind: string, count: number): void => void counts.set(kind, (counts.get(kind) ?? 0) + count)
  for (const target of descriptors()) add(`descriptor of ${target}`, 1)
  for (const kind of process.getActiveResourcesInfo()) if (!transient.has(kind)) add(kind, 1)
  for (const [name, gauge] of Object.entries(gauges)) add(name, gauge())
  return counts
}

/** Describes the resources of which `after` has more than `before`, one line per kind. */
export function leftOver(before: Census, after: Census): string[] {
  return [...after]
    .map(([kind, count]) => ({ kind, more: count - (before.get(kind) ?? 0) }))
    .filter(({ more }) => more > 0)
    .map(({ kind, more }) => `${more} x ${kind}`)
}

/**
 * Counts the resources of the idle process: the minimum of five counts. A short-lived resource, such as a timer of the
 * test runner, then does not hide a resource that leaks later.
 */
export async function restingCensus(gauges: Readonly<Record<string, () => number>> = {}): Promise<Census> {
  let minimum = census(gauges)
  for (let round = 0; round < 4; round++) {
    await new Promise((resolve) => setTimeout(resolve, 4))
    const next = census(gauges)
    minimum = new Map([...minimum].map(([kind, count]) => [kind, Math.min(count, next.get(kind) ?? 0)]))
  }
  return minimum
}
