/** Escapes control characters in JSON that is printed on a terminal. */
import { unprintable } from '../../lib/codec/printable.js'

/** Escapes a character as JSON does, by its UTF-16 code units. */
const escaped = (character: string): string =>
  Array.from({ length: character.length }, (_, at) => character.charCodeAt(at))
    .map((unit) => `\\u${unit.toString(16).padStart(4, '0')}`)
    .join('')

/**
 * Replaces each character of the JSON `text` that controls a terminal by an escape. The value stays the same: within
 * strings, an escape is equivalent. Outside of strings, JSON allows only white space: line feeds and tabs stay, and
 * carriage returns become spaces.
 */
export const jsonForTerminal = (text: string): string =>
  text.replace(unprintable, (character) =>
    character === '\n' || character === '\t' ? character : character === '\r' ? ' ' : escaped(character),
  )
