/** A root to apply layers to, with something beside it that must never change. */
import { chmodSync, chownSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished } from 'vitest'
import {
  type ApplyOptions,
  LayerApplier,
  type TarEntry,
  compareTrees,
  describeTree,
  type TreeEntry,
} from '../../../lib/archive/index.js'
import { WindlassError } from '../../../lib/errors.js'

export interface Made extends TarEntry {
  readonly content?: Buffer
}

const made = (path: string, type: TarEntry['type'], more: Partial<Made> = {}): Made => ({
  path,
  type,
  size: more.content?.length ?? 0,
  mode: type === 'directory' ? 0o755 : 0o644,
  uid: 0,
  gid: 0,
  mtime: 1_500_000_000_123_456_789n,
  linkTarget: '',
  device: undefined,
  xattrs: new Map(),
  sparse: false,
  ...more,
})

export const file = (path: string, content = path, more: Partial<Made> = {}): Made =>
  made(path, 'file', { content: Buffer.from(content, 'latin1'), ...more })
export const directory = (path: string, more: Partial<Made> = {}): Made => made(path, 'directory', more)
export const symlink = (path: string, linkTarget: string, more: Partial<Made> = {}): Made =>
  made(path, 'symlink', { linkTarget, mode: 0o777, ...more })
export const hardlink = (path: string, linkTarget: string): Made => made(path, 'hardlink', { linkTarget })
export const device = (path: string, major: number, minor: number, more: Partial<Made> = {}): Made =>
  made(path, 'character-device', { device: { major, minor }, ...more })
export const fifo = (path: string): Made => made(path, 'fifo')
export const whiteout = (path: string): Made => file(path, '')

export interface Scratch {
  readonly root: string
  /** Applies one layer, and gives the codes of its warnings. */
  readonly apply: (entries: readonly Made[], options?: Partial<ApplyOptions>) => string[]
  /** `path type` of everything in the root: `a/b file`. */
  readonly paths: () => Promise<string[]>
  readonly tree: () => Promise<Map<string, TreeEntry>>
  /** That nothing outside of the root was touched. */
  readonly untouched: () => Promise<void>
}

export async function scratch(): Promise<Scratch> {
  const top = mkdtempSync(join(tmpdir(), 'windlass-apply-'))
  onTestFinished(() => rmSync(top, { recursive: true, force: true }))
  const root = join(top, 'root')
  const outside = join(top, 'root-outside')
  mkdirSync(root)
  mkdirSync(outside)
  chmodSync(root, 0o755)
  writeFileSync(join(outside, 'secret'), 'untouched', { mode: 0o600 })
  chownSync(join(outside, 'secret'), process.geteuid!(), process.getegid!())
  const before = await describeTree(outside)
  const tree = async (): Promise<Map<string, TreeEntry>> =>
    new Map((await describeTree(root)).map((entry) => [entry.path, entry]))
  return {
    root,
    tree,
    apply(entries, options = {}) {
      const warnings: string[] = []
      const warn = (code: string): void => void warnings.push(code)
      applyTo({ root, whiteouts: 'apply', warn, ...options }, entries)
      return warnings
    },
    async paths() {
      return [...(await tree()).values()].flatMap(({ path, type }) =>
        path === '.' ? [] : [`${path} ${type}`],
      )
    },
    async untouched() {
      expect(compareTrees(before, await describeTree(outside))).toEqual([])
    },
  }
}

export function applyTo(options: ApplyOptions, entries: readonly Made[]): LayerApplier {
  const applier = new LayerApplier(options)
  try {
    for (const entry of entries) {
      applier.entry(entry)
      if (entry.content && entry.type === 'file') applier.data(entry.content, 0)
      applier.end()
    }
    applier.finish()
  } finally {
    applier.close()
  }
  return applier
}

/** The error that `work` is refused with. */
export function refusal(work: () => unknown): WindlassError {
  try {
    work()
  } catch (error) {
    if (error instanceof WindlassError) return error
    throw error
  }
  throw new Error('It was accepted')
}
