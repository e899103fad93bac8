/** Fits text into terminal columns, one column per character. */
import { printable } from '../../lib/codec/printable.js'

/** Replaces all characters except printable ASCII. A wide or combining character would break the layout. */
export const ascii = (text: string): string => printable(text, 500).replace(/[^\x20-\x7e]/gu, '?')

/** Cuts `text` to `columns` characters, with `...` at the end if there is room for it. */
export function fit(text: string, columns: number): string {
  if (text.length <= columns) return text
  return columns < 4 ? text.slice(0, Math.max(0, columns)) : `${text.slice(0, columns - 3)}...`
}

/** Cuts `text` to its last `columns` characters, with `...` at the start if there is room for it. */
export function fitEnd(text: string, columns: number): string {
  if (text.length <= columns) return text
  return columns < 4 ? text.slice(text.length - Math.max(0, columns)) : `...${text.slice(3 - columns)}`
}
