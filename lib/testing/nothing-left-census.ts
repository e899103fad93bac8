/** Counts what a process holds: open descriptors, and what keeps its event loop alive. */
import { readdirSync, readlinkSync } from 'node:fs'

/** How many there are of each kind of thing. */
export type Census = ReadonlyMap<string, number>

// The directory that lists the descriptors, and nothing where there is none (only Linux has it).
const descriptorDirectory = '/proc/self/fd'

function descriptors(): string[] {
  try {
    return readdirSync(descriptorDirectory).flatMap((name) => {
      try {
        // Sockets and pipes have numbers of their own; what counts is how many there are.
        return [readlinkSync(`${descriptorDirectory}/${name}`).replace(/:\[.*\]$/, '')]
      } catch {
        return [] // the descriptor of the listing itself, closed by now
      }
    })
  } catch {
    return []
  }
}

// Come and go with everything that Node does; what they do for somebody shows in something else.
const passing = new Set(['Immediate', 'TickObject', 'FSReqCallback', 'FSReqPromise', 'CloseReq', 'Microtask'])

/** What is open now, and the `gauges` that the caller adds: the load of an actor, the files in a directory. */
export function census(gauges: Readonly<Record<string, () => number>> = {}): Census {
  const counts = new Map<string, number>()
  const add = (kind: string, count: number): void => void counts.set(kind, (counts.get(kind) ?? 0) + count)
  for (const target of descriptors()) add(`descriptor of ${target}`, 1)
  for (const kind of process.getActiveResourcesInfo()) if (!passing.has(kind)) add(kind, 1)
  for (const [name, gauge] of Object.entries(gauges)) add(name, gauge())
  return counts
}

/** What there is more of in `after` than in `before`, as text. */
export function leftOver(before: Census, after: Census): string[] {
  return [...after]
    .map(([kind, count]) => ({ kind, more: count - (before.get(kind) ?? 0) }))
    .filter(({ more }) => more > 0)
    .map(({ kind, more }) => `${more} x ${kind}`)
}

/**
 * What is open when nothing is going on: the least of several looks, so that what only passes by while looking (a timer
 * of the test runner, say) does not hide something that is left later.
 */
export async function restingCensus(gauges: Readonly<Record<string, () => number>> = {}): Promise<Census> {
  let least = census(gauges)
  for (let look = 0; look < 4; look++) {
    await new Promise((resolve) => setTimeout(resolve, 4))
    const next = census(gauges)
    least = new Map([...least].map(([kind, count]) => [kind, Math.min(count, next.get(kind) ?? 0)]))
  }
  return least
}
