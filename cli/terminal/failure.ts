/** Formats errors for people: one line for the error and one for the hint. */
import { asWindlassError } from '../../lib/errors.js'
import { printable } from '../../lib/codec/printable.js'

/** Ends a command with an exit code after its errors have been reported. */
export class ReportedFailure extends Error {
  readonly exitCode: number

  constructor(exitCode: number) {
    super('The errors have been reported')
    this.exitCode = exitCode
  }
}

/** Maximum length of a message in characters. Only messages that quote a registry are longer. */
const maxMessageLength = 2_000

/** Formats `error` as lines without control characters. With `debug`, the stacks of the error and its causes follow. */
export function failureLines(error: unknown, { debug = false }: { readonly debug?: boolean } = {}): string[] {
  const known = asWindlassError(error)
  const lines = [`windlass: ${printable(known.message, maxMessageLength)}`]
  if (known.hint !== undefined) lines.push(`  ${printable(known.hint, maxMessageLength)}`)
  for (let cause: unknown = debug ? error : undefined; cause instanceof Error; cause = cause.cause)
    lines.push(
      ...(cause.stack ?? cause.message).split('\n').map((line) => `  | ${printable(line, maxMessageLength)}`),
    )
  return lines
}
