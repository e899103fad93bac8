/** Finds the format of messages on a command line that may not be valid. */
import type { MessageFormat } from './messages.js'

/**
 * Returns the format that `--progress` requires of everything on stderr. The result is needed before the command line is parsed,
 * because errors of parsing are reported on stderr too.
 *
 * @param hasProgress whether the command has the option, and thus the variable `WINDLASS_PROGRESS`
 */
export function messageFormat(
  argv: readonly string[],
  env: Readonly<NodeJS.ProcessEnv>,
  hasProgress: boolean,
): MessageFormat {
  const end = argv.indexOf('--')
  const flags = end < 0 ? argv : argv.slice(0, end)
  const kinds = flags.flatMap((word, at) =>
    word === '--progress' ? (flags[at + 1] ?? '') : word.startsWith('--progress=') ? word.slice(11) : [],
  )
  const kind = kinds.at(-1) ?? (hasProgress ? env['WINDLASS_PROGRESS'] : undefined)
  return kind === 'json' || kind === 'docker' ? kind : 'text'
}
