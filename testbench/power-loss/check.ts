/**
 * Checks a trace of system calls: after each change, the store must satisfy its rules in every state that a power cut
 * may leave.
 */
import { type Disk, nodesOf } from './disk.js'
import { Replay } from './replay.js'
import { StoreRules, type Violation } from './store-rules.js'
import { parseTrace } from './strace.js'

export interface CheckedTrace {
  /** Number of modelled power cuts. */
  readonly powerCuts: number
  /** Paths of the store that a rename or a link created, in order. Temporary files are not included. */
  readonly publications: readonly string[]
  /** Number of published files and directories by the call that synced them; `none` if no call did. */
  readonly synced: Readonly<Record<'syncfs' | 'fsync' | 'fdatasync' | 'none', number>>
  /** Exit code of the process; undefined if it was killed. */
  readonly exit: number | undefined
  readonly violations: readonly (Violation & { readonly line: number })[]
}

export interface CheckOptions {
  /** State of the disk. It is updated by the trace. */
  readonly disk: Disk
  /** Path of the root of `disk`. */
  readonly base: string
  /** Path of the store. */
  readonly store: string
  /** Paths of the store that were damaged before. */
  readonly except?: readonly string[]
}

/** Matches the paths of a store that are not temporary. */
const published = /^(blobs|layers)\/|^(index\.json|windlass\.json|oci-layout)$/

export function checkTrace(text: string, { disk, base, store, except }: CheckOptions): CheckedTrace {
  const rules = new StoreRules(disk, namesBelow(store, base), except)
  const replay = new Replay(disk, base)
  const violations = new Map<string, Violation & { line: number }>()
  const synced = { syncfs: 0, fsync: 0, fdatasync: 0, none: 0 }
  const publications: string[] = []
  let powerCuts = 0
  let exit: number | undefined
  const report = (line: number, all: Iterable<Violation>): void => {
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
      rules.recordPublication(path, step.named.node)
    }
    if (step.changed) {
      powerCuts++
      report(event.line, rules.check())
    }
    if (step.exit !== undefined) {
      exit = step.exit
      if (exit === 0) report(event.line, rules.checkSuccess())
    }
  }
  replay.finish()
  return { powerCuts, publications, synced, exit, violations: [...violations.values()] }
}

/** Returns the names from `base` to `path`. */
const namesBelow = (path: string, base: string): string[] => path.slice(base.length + 1).split('/')
