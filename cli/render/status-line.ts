/** Formats the result of a pull in Docker's words, and that of a copy. */
import type { CopyResult } from '../../lib/events/index.js'
import { printable } from '../../lib/codec/printable.js'

/** Returns the line for the result of a pull of `name`. */
export const statusLine = (name: string, status: 'newer' | 'up-to-date'): string =>
  status === 'newer'
    ? `Downloaded newer image for ${printable(name, 500)}`
    : `Image is up to date for ${printable(name, 500)}`

/** Returns the line for the result of a copy. */
export const copyLine = ({ from, name, status }: Pick<CopyResult, 'from' | 'name' | 'status'>): string =>
  status === 'newer'
    ? `Copied ${printable(from, 500)} to ${printable(name, 500)}`
    : `${printable(name, 500)} is up to date with ${printable(from, 500)}`
