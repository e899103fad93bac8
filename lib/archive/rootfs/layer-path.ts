/**
 * Normalizes names of entries to paths inside a root, textually, so that neither `..` nor `/` leads out of it. All
 * paths are latin1 strings with one character per byte.
 */
import { invalidEntryError } from '../failure.js'

/** `NAME_MAX` of Linux, in bytes. */
const maxNameBytes = 255
/** `PATH_MAX` of Linux, in bytes, without the terminating NUL. */
export const maxPathBytes = 4095

/** A normalized path inside a root. */
export interface LayerPath {
  /** Without leading and trailing slashes; `''` is the root. */
  readonly parent: string
  readonly name: string
}

/**
 * Normalizes `path`: `/a//b/../c/` becomes `a/c`, and `..` stops at the root. Returns undefined for the root itself.
 * @throws WindlassError LAYER_INVALID when the path contains NUL
 */
export function layerPath(path: string): LayerPath | undefined {
  if (path.includes('\0')) throw invalidEntryError(path, 'its name contains a NUL byte')
  const clean = normalize(path)
  if (clean === '') return undefined
  const slash = clean.lastIndexOf('/')
  return { parent: slash < 0 ? '' : clean.slice(0, slash), name: clean.slice(slash + 1) }
}

/**
 * @throws WindlassError LAYER_INVALID when `name`, a component of `path`, is longer than file systems of Linux allow
 */
export function checkNameLength(name: string, path: string): void {
  if (name.length > maxNameBytes)
    throw invalidEntryError(
      path,
      `a component of its name has ${name.length} bytes, more than ${maxNameBytes}`,
    )
}

/** Returns `path` at once if it is already normalized, as most are. */
function normalize(path: string): string {
  if (!/(?:^|\/)(?:\.{0,2})(?:\/|$)/.test(path)) return path
  const kept: string[] = []
  for (const part of path.split('/')) {
    if (part === '..') kept.pop()
    else if (part !== '' && part !== '.') kept.push(part)
  }
  return kept.join('/')
}
