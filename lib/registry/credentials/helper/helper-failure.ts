/**
 * Describes failures of credential helpers. A helper writes secrets and its own errors to stdout, so stdout is never quoted;
 * known errors are recognised in it. Of stderr, a short part is quoted without what may be a secret.
 */
import { WindlassError } from '../../../errors.js'
import { printable } from '../../../codec/printable.js'
import { formatDuration } from '../../../quantities.js'
import { helperProgram } from './find-helper.js'
import type { ProgramResult, ProgramStopped } from './run-program.js'

/** What a helper was asked to do, as an infinitive: `get the login for quay.io`. */
export interface HelperTask {
  /** `docker-credential-<name>`. */
  readonly name: string
  readonly purpose: string
  /** Secrets that the helper received. */
  readonly secrets?: readonly string[]
}

/** Errors of known helpers, as they print them to stdout. */
const knownErrors: readonly (readonly [pattern: RegExp, meaning: string])[] = [
  [/not initiali[sz]ed|uninitiali[sz]ed/i, 'its store is not initialised'],
  [/decryption failed|no secret key/i, 'the store cannot be decrypted'],
  [
    /cannot autolaunch d-bus|d-?bus|org\.freedesktop\.secrets/i,
    'there is no keyring service in this session',
  ],
  [
    /executable file not found|no such file or directory|command not found/i,
    'a program that it needs is missing',
  ],
  [/not implemented|not supported|unsupported/i, 'it does not support this'],
  [/locked/i, 'the keyring is locked'],
  [/permission denied/i, 'permission denied'],
  [
    /no route to host|connection refused|no such host|timeout|timed out/i,
    'it cannot reach a server that it needs',
  ],
]

/** Returns the error for a helper that exited with an error. */
export function helperError(
  task: HelperTask,
  { exit, signalName, stdout, stderr }: ProgramResult,
): WindlassError {
  const known = knownErrors.find(([pattern]) => pattern.test(stdout) || pattern.test(stderr))?.[1]
  const ending = exit === null ? `it was ended by ${signalName ?? 'a signal'}` : `it exited with ${exit}`
  const quote = scrub(stderr, task.secrets)
  const why = [known ?? ending, ...(quote === '' ? [] : [`it wrote: ${quote}`])].join('; ')
  return failure(
    task,
    why,
    `Run “${helperProgram(task.name)} list” to see whether it works, and what it says.`,
  )
}

/** Returns the error for a helper that was stopped. `timeout` is in milliseconds. */
export function stoppedError(task: HelperTask, stopped: ProgramStopped, timeout: number): WindlassError {
  switch (stopped.reason) {
    case 'aborted':
      return new WindlassError('CANCELLED', `Cancelled while ${nameOf(task)} was to ${task.purpose}`, {
        cause: stopped,
      })
    case 'timeout':
      return failure(
        task,
        `it did not answer within ${formatDuration(timeout)}`,
        'It may wait for a password that it cannot ask for here. Unlock its store first, or log in without it (--authfile).',
      )
    case 'output':
      return failure(task, 'its output is too long', `Is ${helperProgram(task.name)} a credential helper?`)
    case 'start': {
      const { cause } = stopped
      const code = cause instanceof Error && 'code' in cause ? String(cause.code) : 'error'
      return failure(task, `it cannot be started (${code})`, 'Check its permissions and its kind.')
    }
  }
}

/** Returns the error for a helper that is not installed. */
export const missingError = (task: HelperTask): WindlassError =>
  failure(
    task,
    'it is not installed',
    `Install ${helperProgram(task.name)} in a directory of PATH, or remove it from the credentials file.`,
  )

/** Returns the error for a helper whose name is not that of a program. */
export const invalidNameError = (task: HelperTask): WindlassError =>
  failure(
    task,
    'its name is invalid',
    'A name has letters, digits, dots and dashes: docker-credential-pass has the name pass.',
  )

/** Returns the error for output that the protocol does not allow. */
export const outputError = (task: HelperTask): WindlassError =>
  failure(
    task,
    'its output is not that of a credential helper',
    `Is ${helperProgram(task.name)} a credential helper?`,
  )

const nameOf = ({ name }: HelperTask): string => `the credential helper ${printable(helperProgram(name), 80)}`

const failure = (task: HelperTask, why: string, hint: string): WindlassError =>
  new WindlassError('USAGE', `Failed to ${task.purpose}: ${nameOf(task)} failed: ${why}`, { hint })

/** Returns the start of `text` on one line, without secrets and without what looks like one. */
export function scrub(text: string, secrets: readonly string[] = []): string {
  let result = text.trim().replace(/\s*[\r\n]+\s*/g, ' ')
  for (const secret of secrets.filter((each) => each !== '')) result = result.replaceAll(secret, '***')
  result = result
    .replace(
      /(secret|password|passwd|passphrase|token|credentials?|authorization)(["']?\s*[:=]\s*)\S.*/gi,
      '$1$2***',
    )
    .replace(/\b(bearer|basic)\s+\S+/gi, '$1 ***')
    .replace(/\/\/[^/@\s]+@/g, '//***@')
    // Long runs of letters and digits that are not the path of a file.
    .replace(/(?<![\w./+=~-])(?![./~])[\w+/=.~-]{20,}/g, (run) => (/\d/.test(run) ? '***' : run))
  return printable(result, 200)
}
