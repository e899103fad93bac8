/** Creates the errors about templates. */
import { quoted } from '../../lib/codec/printable.js'
import { WindlassError } from '../../lib/errors.js'

/** Returns an error about the template, which names a position: the number of characters before it, plus one. */
export function templateError(template: string, at: number, problem: string): WindlassError {
  const rest = template.slice(at, at + 30)
  const place = rest === '' ? 'at its end' : `at character ${at + 1}, before ${quoted(rest)}`
  return new WindlassError('USAGE', `The template of --format is not valid ${place}: ${problem}`, {
    hint: 'See docs/shell.md for what templates may contain, for example {{.Digest}} or {{json .Labels}}.',
  })
}
