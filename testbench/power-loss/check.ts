/** Holds a trace against the rules of the store: after each change, whatever a power cut at that moment might leave. */
import { type Disk, nodesOf } from './disk.js'
import { Replay } from './replay.js'
import { StoreRules, type Violation } from './store-rules.js'
import { parseTrace } from './strace.js'

export interface CheckedTrace {
  /** Moments at which the power was cut, in the model. */
  readonly points: number
  /** Paths in the store that something got by a rename or a link, in order, of those that can be seen. */
  readonly publications: readonly string[]
  /** Of the files and directories that were published so, how many came to the disk by which call; `none`: nothing in them. */
  readonly synced: Readonly<Record<'syncfs' | 'fsync' | 'fdatasync' | 'none', number>>
  /** With which code the process ended; undefined where it was killed. */
  readonly exit: number | undefined
  readonly violations: readonly (Violation & { readonly line: number })[]
}

export interface CheckOptions {
  /** What was on the disk before; afterwards, what came of it. */
  readonly disk: Disk
  /** Path of the root of `disk`. */
  readonly base: string
  /** Path of the store. */
  readonly store: string
  /** Paths in the store that were damaged before. */
  readonly except?: readonly string[]
}

const published = /^(blobs|layers)\/|^(index\.json|windlass\.json|oci-layout)$/

export function checkTrace(text: string, { disk, base, store, except }: CheckOptions): CheckedTrace {
  const rules = new StoreRules(disk, names(store, base), except)
  const replay = new Replay(disk, base)
  const violations = new Map<string, Violation & { line: number }>()
  const synced = { syncfs: 0, fsync: 0, fdatasync: 0, none: 0 }
  const publications: string[] = []
  let points = 0
  let exit: number | undefined
  const found = (line: number, all: Iterable<Violation>): void => {
    for (const each of all) {
      const key = `${each.rule} ${each.path}`
      if (!violations.has(key)) violations.set(key, { ...each, line })
    }
  }
  for (const event of parseTrace(text)) {
    const step = replay.step(event)
    const path = step.named?.path.startsWith(`${store}/`) ? step.named.path.slice(store.length + 1) : ''
    if (step.named && published.test(path)) {
      publications.push(path)
      for (const { syncedBy = 'none' } of nodesOf(step.named.node)) synced[syncedBy]++
      rules.published(path, step.named.node)
    }
    if (step.changed) {
      points++
      found(event.line, rules.check())
    }
    if (step.exit !== undefined) {
      exit = step.exit
      if (exit === 0) found(event.line, rules.success())
    }
  }
  replay.finish()
  return { points, publications, synced, exit, violations: [...violations.values()] }
}

const names = (path: string, base: string): string[] => path.slice(base.length + 1).split('/')
