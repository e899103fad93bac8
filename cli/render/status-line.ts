/** Formats the result of a pull in Docker's words. */
import { printable } from '../../lib/codec/printable.js'

/** Returns the line for the result of a pull of `name`. */
export const statusLine = (name: string, status: 'newer' | 'up-to-date'): string =>
  status === 'newer'
    ? `Downloaded newer image for ${printable(name, 500)}`
    : `Image is up to date for ${printable(name, 500)}`
