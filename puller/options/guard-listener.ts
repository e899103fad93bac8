/** Keeps errors of a program's own functions away from the requests that call them. */
import { printable } from '../../lib/codec/printable.js'

/**
 * Returns a function that calls `listener` and never throws. The first error is passed to `onWarning`; later ones are
 * ignored.
 *
 * @param name name of the option, for the warning
 */
export function guardListener<A>(
  name: string,
  listener: (value: A) => void,
  onWarning: ((message: string, code: string) => void) | undefined,
): (value: A) => void {
  let hasFailed = false
  return (value) => {
    try {
      listener(value)
    } catch (error) {
      if (hasFailed) return
      hasFailed = true
      onWarning?.(`The function ${name} threw an error: ${printable(String(error))}`, 'listener-failed')
    }
  }
}
