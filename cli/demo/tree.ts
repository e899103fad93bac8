/** Formats a file tree as indented lines. Directories with many entries are folded. */
import type { TreeEntry } from '../../lib/archive/index.js'
import { printable } from '../../lib/codec/printable.js'
import { formatBytes } from '../../lib/quantities.js'

/** A directory with more entries is folded: only their number is shown. */
const maxEntries = 6

/** Formats the entries of a tree, one line per entry, sorted by path. */
export function treeLines(entries: readonly TreeEntry[]): string[] {
  const inDirectory = new Map<string, number>()
  for (const { path } of entries)
    inDirectory.set(parentOf(path), (inDirectory.get(parentOf(path)) ?? 0) + (path === '.' ? 0 : 1))
  const lines: string[] = []
  const folded: string[] = []
  for (const entry of [...entries].sort(byPath)) {
    const { path } = entry
    if (path === '.' || folded.some((directory) => path.startsWith(`${directory}/`))) continue
    const indent = '  '.repeat(path.split('/').length - 1)
    const children = inDirectory.get(path) ?? 0
    if (children > maxEntries) folded.push(path)
    const note = children > maxEntries ? `  ${children} entries` : noteOn(entry)
    lines.push(`${indent}${printable(path.slice(path.lastIndexOf('/') + 1))}${note}`)
  }
  return lines
}

/** Sorts the entries of a directory directly after it, even if names contain characters that sort before the slash. */
const byPath = (a: TreeEntry, b: TreeEntry): number => {
  const [left, right] = [a.path.replaceAll('/', '\0'), b.path.replaceAll('/', '\0')]
  return left < right ? -1 : left > right ? 1 : 0
}

const parentOf = (path: string): string => (path.includes('/') ? path.slice(0, path.lastIndexOf('/')) : '.')

function noteOn({ type, size, mode, target, hardlink }: TreeEntry): string {
  if (type === 'directory') return '/'
  if (type === 'symlink') return ` -> ${printable(target ?? '')}`
  const notes = [formatBytes(size)]
  if (hardlink !== undefined) notes.push(`the same file as ${printable(hardlink)}`)
  if (mode & 0o7000) notes.push(`mode ${mode.toString(8)}`)
  return `  ${notes.join(', ')}`
}
