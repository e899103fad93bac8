/** Checks JSON text for problems that `JSON.parse` accepts: duplicate keys in an object, and excessive nesting. */
import { quoted } from './printable.js'

/** Maximum nesting of arrays and objects in a document. Real documents have about six levels. */
export const maxJsonDepth = 100

/** Returns the index after the string literal that starts at `start`. */
function endOfString(text: string, start: number): number {
  let at = start + 1
  while (at < text.length && text[at] !== '"') at += text[at] === '\\' ? 2 : 1
  return at + 1
}

/**
 * Returns whether `text` is nested more than `maxJsonDepth` levels deep. Runs in linear time without recursion. The
 * depth of invalid JSON may be overestimated, never underestimated.
 */
export function isTooDeep(text: string): boolean {
  let levels = 0
  for (let at = 0; at < text.length; at++) {
    const character = text[at]
    if (character === '"') at = endOfString(text, at) - 1
    else if (character === '{' || character === '[') levels++
    else if (character === '}' || character === ']') levels--
    if (levels > maxJsonDepth) return true
  }
  return false
}

/**
 * Returns the first problem of `text`, or undefined. `text` has to be valid JSON. Runs in linear time without
 * recursion.
 */
export function checkJsonText(text: string): string | undefined {
  // One entry per level: the keys of an object, or undefined for an array.
  const levels: (Set<string> | undefined)[] = []
  let isKeyNext = false
  for (let at = 0; at < text.length; at++) {
    switch (text[at]) {
      case '{':
      case '[':
        isKeyNext = text[at] === '{'
        levels.push(isKeyNext ? new Set() : undefined)
        if (levels.length > maxJsonDepth) return `it is nested more than ${maxJsonDepth} levels deep`
        break
      case '}':
      case ']':
        levels.pop()
        break
      case ',':
        isKeyNext = levels.at(-1) !== undefined
        break
      case '"': {
        const end = endOfString(text, at)
        if (isKeyNext) {
          const key = JSON.parse(text.slice(at, end)) as string
          const keys = levels.at(-1)
          if (keys?.has(key) === true) return `the key ${quoted(key)} occurs twice in one object`
          keys?.add(key)
          isKeyNext = false
        }
        at = end - 1
        break
      }
    }
  }
  return undefined
}
