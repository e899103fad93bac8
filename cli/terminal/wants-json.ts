/** Looks for `--progress json` on a command line that need not be right. */

/**
 * Whether stderr is to hold JSON and nothing else: known before the command line is understood, for what is wrong with
 * that is said on stderr too.
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
