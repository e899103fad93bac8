/** Text that takes exactly one column a character, and no more columns than there are. */
import { printable } from '../../lib/codec/printable.js'

/** `text` with everything but printable ASCII replaced: a wide or combining character would break the drawing. */
export const ascii = (text: string): string => printable(text, 500).replace(/[^\x20-\x7e]/gu, '?')

/** `text` cut to `columns`, which shows. */
export function fit(text: string, columns: number): string {
  if (text.length <= columns) return text
  return columns < 4 ? text.slice(0, Math.max(0, columns)) : `${text.slice(0, columns - 3)}...`
}
