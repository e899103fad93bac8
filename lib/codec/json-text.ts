/**
 * What `JSON.parse` lets pass and other readers read differently: a key twice in one object, endless nesting.
 */
import { quoted } from './printable.js'

/** Levels of arrays and objects that a document may have; real ones have six or so. */
export const jsonDepth = 100

/** Index behind the string literal that opens at `start`. */
function endOfString(text: string, start: number): number {
  let at = start + 1
  while (at < text.length && text[at] !== '"') at += text[at] === '\\' ? 2 : 1
  return at + 1
}

/**
 * Whether `text` has more than `jsonDepth` levels. Linear, no recursion; text that is no JSON may be counted too deep, never
 * too flat.
 */
export function isTooDeep(text: string): boolean {
  let levels = 0
  for (let at = 0; at < text.length; at++) {
    const character = text[at]
    if (character === '"') at = endOfString(text, at) - 1
    else if (character === '{' || character === '[') levels++
    else if (character === '}' || character === ']') levels--
    if (levels > jsonDepth) return true
  }
  return false
}

/** The first problem of `text`, which must be valid JSON already; undefined if there is none. Linear, no recursion. */
export function checkJsonText(text: string): string | undefined {
  // One entry a level: the keys seen in an object, undefined in an array.
  const levels: (Set<string> | undefined)[] = []
  let keyNext = false
  for (let at = 0; at < text.length; at++) {
    switch (text[at]) {
      case '{':
      case '[':
        keyNext = text[at] === '{'
        levels.push(keyNext ? new Set() : undefined)
        if (levels.length > jsonDepth) return `it is nested more than ${jsonDepth} levels deep`
        break
      case '}':
      case ']':
        levels.pop()
        break
      case ',':
        keyNext = levels.at(-1) !== undefined
        break
      case '"': {
        const end = endOfString(text, at)
        if (keyNext) {
          const key = JSON.parse(text.slice(at, end)) as string
          const keys = levels.at(-1)
          if (keys?.has(key) === true) return `the key ${quoted(key)} stands twice in one object`
          keys?.add(key)
          keyNext = false
        }
        at = end - 1
        break
      }
    }
  }
  return undefined
}
