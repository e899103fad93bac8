/** How what went wrong is told: one clear line, what to do next, and the exit code. */
import { asWindlassError } from '../../lib/errors.js'
import { printable } from '../../lib/codec/printable.js'

/** Ends a command whose failures have been told already. */
export class ReportedFailure extends Error {
  readonly exitCode: number

  constructor(exitCode: number) {
    super('Told')
    this.exitCode = exitCode
  }
}

/** Longer than any message of ours; what a registry says is not. */
const longest = 2_000

/** The lines for `error`, each safe for a terminal; with `debug` the stacks of it and of its causes. */
export function failureLines(error: unknown, { debug = false }: { readonly debug?: boolean } = {}): string[] {
  const known = asWindlassError(error)
  const lines = [`windlass: ${printable(known.message, longest)}`]
  if (known.hint !== undefined) lines.push(`  ${printable(known.hint, longest)}`)
  for (let cause: unknown = debug ? error : undefined; cause instanceof Error; cause = cause.cause)
    lines.push(...(cause.stack ?? cause.message).split('\n').map((line) => `  | ${printable(line, longest)}`))
  return lines
}
