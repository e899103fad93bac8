/** Detects `--progress json` on a command line that may not be valid. */

/**
 * Reports whether stderr must contain only JSON. The result is needed before the command line is parsed, because errors
 * of parsing are reported on stderr too.
 *
 * @param hasProgress whether the command has the option, and thus the variable `WINDLASS_PROGRESS`
 */
export function wantsJson(
  argv: readonly string[],
  env: Readonly<NodeJS.ProcessEnv>,
  hasProgress: boolean,
): boolean {
  const end = argv.indexOf('--')
  const flags = end < 0 ? argv : argv.slice(0, end)
  const kinds = flags.flatMap((word, at) =>
    word === '--progress' ? (flags[at + 1] ?? '') : word.startsWith('--progress=') ? word.slice(11) : [],
  )
  return (kinds.at(-1) ?? (hasProgress ? env['WINDLASS_PROGRESS'] : undefined)) === 'json'
}
