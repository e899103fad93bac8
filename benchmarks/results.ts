/** Reads and merges the results of the comparison, which one run or several runs produce. */
import { readFile } from 'node:fs/promises'
import type { Comparison, Left } from './compare.js'
import type { BenchmarkImage } from './images/registry.js'
import type { Machine } from './shared/machine.js'
import type { TreeCheck } from './trees/check-trees.js'

export interface Results {
  readonly machine: Machine
  readonly images: readonly BenchmarkImage[]
  /** Peers that could not take part in any comparison. */
  readonly skipped: readonly Left[]
  readonly trees: readonly TreeCheck[]
  readonly comparisons: readonly Comparison[]
}

/** Merges two lists by key: an item of `later` replaces the earlier one, and new items are appended. */
export function mergeBy<T>(
  earlier: readonly T[],
  later: readonly T[],
  keyOf: (item: T) => string,
): readonly T[] {
  const merged = new Map(earlier.map((item) => [keyOf(item), item]))
  for (const item of later) merged.set(keyOf(item), item)
  return [...merged.values()]
}

/**
 * Checks that results are from one machine.
 * @throws Error if they are not, because they cannot be compared
 */
export function assertSameMachine(before: Machine, now: Machine): void {
  if (before.processors !== now.processors || before.memory !== now.memory)
    throw new Error(
      `Results of another machine (${before.processors}): write to another directory with --out`,
    )
}

/**
 * Merges results. A comparison replaces an earlier one of the same image, work, store and link with all its contenders,
 * because only contenders that ran in turns can be compared.
 * @throws Error if the results are from two machines
 */
export function mergeResults(earlier: Results, later: Results): Results {
  const [before, now] = [earlier.machine, later.machine]
  if (before.processors !== now.processors || before.memory !== now.memory)
    throw new Error(
      `Results of another machine (${before.processors}): write to another directory with --out`,
    )
  const comparisons = mergeBy(earlier.comparisons, later.comparisons, ({ image, work, store, link }) =>
    [image, work, store, link].join('\n'),
  )
  const ran = new Set(later.comparisons.flatMap(({ contenders }) => contenders.map(({ name }) => name)))
  return {
    machine: later.machine,
    images: mergeBy(earlier.images, later.images, ({ name }) => name),
    skipped: mergeBy(
      earlier.skipped.filter(({ name }) => !ran.has(name)),
      later.skipped,
      ({ name }) => name,
    ),
    trees: mergeBy(earlier.trees, later.trees, ({ image, peer }) => `${image}\n${peer}`),
    comparisons,
  }
}

/** Reads results; undefined if the file does not exist. */
export async function readResults(file: string): Promise<Results | undefined> {
  try {
    return JSON.parse(await readFile(file, 'utf8')) as Results
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
}
