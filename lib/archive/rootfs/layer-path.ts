/**
 * Names of entries as places inside a root: cleaned as text, so that no `..` or `/` leads out of it.
 * All are latin1 strings whose characters are the bytes of the name.
 */
import { invalidEntry } from '../failure.js'

/** `NAME_MAX` and `PATH_MAX` (with its NUL) of Linux, in bytes. */
const longestName = 255
export const longestPath = 4095

export interface LayerPath {
  /** Cleaned, without slashes around it; `''` is the root. */
  readonly parent: string
  readonly name: string
}

/**
 * `path` cleaned: `/a//b/../c/` is `a/c`, and what climbs is clamped to the root. Undefined where it is the root itself.
 * @throws WindlassError LAYER_INVALID for a NUL
 */
export function layerPath(path: string): LayerPath | undefined {
  if (path.includes('\0')) throw invalidEntry(path, 'its name holds a NUL byte')
  const clean = cleaned(path)
  if (clean === '') return undefined
  const slash = clean.lastIndexOf('/')
  return { parent: slash < 0 ? '' : clean.slice(0, slash), name: clean.slice(slash + 1) }
}

/** @throws WindlassError LAYER_INVALID where no file system of Linux can hold the name */
export function requireShort(name: string, path: string): void {
  if (name.length > longestName)
    throw invalidEntry(path, `a component of its name has ${name.length} bytes, more than ${longestName}`)
}

/** Most names are clean already and cost one test. */
function cleaned(path: string): string {
  if (!/(?:^|\/)(?:\.{0,2})(?:\/|$)/.test(path)) return path
  const kept: string[] = []
  for (const part of path.split('/')) {
    if (part === '..') kept.pop()
    else if (part !== '' && part !== '.') kept.push(part)
  }
  return kept.join('/')
}
