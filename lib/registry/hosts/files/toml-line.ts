/** Finds lines of TOML texts, for errors about values that are valid TOML. */
import type { ConfigPath } from './config-source.js'

const keyPattern = /\s*(?:"((?:[^"\\]|\\.)*)"|'([^']*)'|([A-Za-z0-9_-]+))\s*/y

/** Parses a dotted key from `start`; returns the keys and the index after them. */
function parseKeys(line: string, start: number): { readonly keys: readonly string[]; readonly end: number } {
  const keys: string[] = []
  let end = start
  for (;;) {
    keyPattern.lastIndex = end
    const match = keyPattern.exec(line)
    if (match === null) return { keys, end }
    keys.push(match[1] ?? match[2] ?? match[3] ?? '')
    end = keyPattern.lastIndex
    if (line[end] !== '.') return { keys, end }
    end++
  }
}

const isPrefix = (path: ConfigPath, of: ConfigPath): boolean =>
  path.length <= of.length && path.every((each, index) => each === of[index])

/**
 * Returns the line, from 1, of the value at `at`, or else of the innermost table around it, or of the first value in it.
 * Undefined if there is none. The text is scanned line by line, so that a string of several lines may mislead it.
 */
export function tomlLineOf(text: string, at: ConfigPath): number | undefined {
  const positions = new Map<string, number>()
  let table: ConfigPath = []
  let inside: number | undefined
  let best: { readonly line: number; readonly length: number } | undefined
  for (const [index, line] of text.split('\n').entries()) {
    const [, brackets = ''] = /^\s*(\[{0,2})/.exec(line) ?? []
    const { keys, end } = parseKeys(line, line.indexOf(brackets) + brackets.length)
    if (keys.length === 0 || (brackets === '' && line[end] !== '=')) continue
    if (brackets !== '') table = tablePath(keys, brackets === '[[', positions)
    const path = brackets === '' ? [...table, ...keys] : table
    if (at.length > 0 && isPrefix(at, path)) inside ??= index + 1
    if (isPrefix(path, at) && path.length > (best?.length ?? 0))
      best = { line: index + 1, length: path.length }
  }
  return best?.line ?? inside
}

/** Returns the path of a table header. `positions` has the last position of each array of tables. */
function tablePath(keys: readonly string[], isArray: boolean, positions: Map<string, number>): ConfigPath {
  const path: (string | number)[] = []
  for (const [index, key] of keys.entries()) {
    path.push(key)
    const name = JSON.stringify(path)
    const isNext = isArray && index === keys.length - 1
    if (isNext) positions.set(name, (positions.get(name) ?? -1) + 1)
    const position = positions.get(name)
    if (position !== undefined) path.push(position)
  }
  return path
}
