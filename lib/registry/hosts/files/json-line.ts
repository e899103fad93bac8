/** Finds lines of JSON texts, for errors. */
import type { ConfigPath } from './config-source.js'

/** One token after white space: a string, another scalar, or punctuation. */
const token =
  /[ \t\r\n]*(?:("(?:[^"\\\p{Cc}]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*")|(-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null)|([{}[\],:]))/uy

/** What may follow: after `{`, a key or `}`; and so on. */
type Expected = 'value' | 'value or ]' | 'key' | 'key or }' | ':' | ', or end' | 'end'

/** Returns the line, from 1, at which a text stops being JSON. For a valid text, the last line. */
export function jsonErrorLine(text: string): number {
  const levels: ('{' | '[')[] = []
  let expected: Expected = 'value'
  let at = 0
  for (;;) {
    token.lastIndex = at
    const match = token.exec(text)
    const next: Expected | undefined = match === null ? undefined : follow(match, expected, levels)
    if (match === null || next === undefined) return lineOf(text, text.slice(at).search(/\S|$/) + at)
    at = token.lastIndex
    expected = next
  }
}

/** Returns what may follow a token; undefined if the token is not allowed. */
function follow(
  [, string, scalar, punctuation]: RegExpExecArray,
  expected: Expected,
  levels: ('{' | '[')[],
): Expected | undefined {
  const afterValue = (): Expected => (levels.length === 0 ? 'end' : ', or end')
  if (expected.startsWith('key') && string !== undefined) return ':'
  if (expected.startsWith('value') && (string ?? scalar) !== undefined) return afterValue()
  if (expected.startsWith('value') && (punctuation === '{' || punctuation === '[')) {
    levels.push(punctuation)
    return punctuation === '{' ? 'key or }' : 'value or ]'
  }
  if (expected === ':' && punctuation === ':') return 'value'
  const level = levels.at(-1)
  if (expected === ', or end' && punctuation === ',') return level === '{' ? 'key' : 'value'
  const mayEnd = expected === ', or end' || expected === (level === '{' ? 'key or }' : 'value or ]')
  if (mayEnd && level !== undefined && punctuation === (level === '{' ? '}' : ']')) {
    levels.pop()
    return afterValue()
  }
  return undefined
}

/**
 * Returns the line of the first field with the innermost name in `at`; undefined if there is none. The text is not
 * parsed, so that a field with the same name elsewhere may mislead it.
 */
export function jsonLineOf(text: string, at: ConfigPath): number | undefined {
  const key = at.findLast((each) => typeof each === 'string')
  const index = key === undefined ? -1 : text.search(new RegExp(`${escape(JSON.stringify(key))}\\s*:`))
  return index < 0 ? undefined : lineOf(text, index)
}

const escape = (text: string): string => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')

const lineOf = (text: string, index: number): number => text.slice(0, index).split('\n').length
