/** Lists paths below a prefix that is part of a word, where a shell cannot: `oci:./ima`, `--store=/va`. */
import { readdirSync, statSync } from 'node:fs'
import path from 'node:path'
import type { Reply } from './reply.js'

/** Returns the paths that start with `start`, each behind `prefix`. Directories end with a slash. */
export function pathsBelow(prefix: string, start: string, onlyDirectories: boolean): Reply {
  const cut = start.lastIndexOf('/') + 1
  const directory = start.slice(0, cut)
  const name = start.slice(cut)
  const candidates = entriesOf(directory === '' ? '.' : directory)
    .filter((entry) => entry.startsWith(name) && (name.startsWith('.') || !entry.startsWith('.')))
    .map((entry) => ({ entry, isDirectory: isDirectory(path.join(directory, entry)) }))
    .filter((each) => each.isDirectory || !onlyDirectories)
    .map(({ entry, isDirectory }) => ({ value: `${prefix}${directory}${entry}${isDirectory ? '/' : ''}` }))
  return { kind: 'nospace', candidates }
}

function entriesOf(directory: string): string[] {
  try {
    return readdirSync(directory).sort()
  } catch {
    return []
  }
}

const isDirectory = (file: string): boolean => {
  try {
    return statSync(file).isDirectory()
  } catch {
    return false
  }
}
