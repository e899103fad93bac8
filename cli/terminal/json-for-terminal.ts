/** JSON on a terminal: the same value, with nothing in it that steers the terminal. */
import { steering } from '../../lib/codec/printable.js'

/** UTF-16 code units, as JSON writes them. */
const escaped = (character: string): string =>
  Array.from({ length: character.length }, (_, at) => character.charCodeAt(at))
    .map((unit) => `\\u${unit.toString(16).padStart(4, '0')}`)
    .join('')

/**
 * `text` with each character that steers a terminal as an escape. Inside of strings that is the same JSON; outside of
 * them only white space is allowed, of which line feeds and tabs stay and carriage returns become blanks.
 */
export const jsonForTerminal = (text: string): string =>
  text.replace(steering, (character) =>
    character === '\n' || character === '\t' ? character : character === '\r' ? ' ' : escaped(character),
  )
