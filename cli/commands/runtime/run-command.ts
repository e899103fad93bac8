/** Runs a command while an image is mounted: directly, or for an ordinary user in a user namespace. */
import { spawn } from 'node:child_process'
import { constants } from 'node:os'
import { WindlassError } from '../../../lib/errors.js'

/** Reports whether this process may mount only in a user namespace. */
export const isOrdinaryUser = (): boolean => process.geteuid?.() !== 0

/**
 * Runs a command with the input and output of this process, and returns its exit code; 128 and the number of the signal that
 * ended it. An abort of `signal` sends it SIGTERM.
 * @throws WindlassError USAGE when it cannot be started
 */
export function runCommand(command: readonly string[], signal?: AbortSignal): Promise<number> {
  const [program = '', ...args] = command
  const child = spawn(program, args, { stdio: 'inherit' })
  const stop = (): void => void child.kill('SIGTERM')
  signal?.addEventListener('abort', stop, { once: true })
  return new Promise<number>((resolve, reject) => {
    child.once('error', (cause) => reject(startError(program, cause)))
    child.once('close', (code, name) => resolve(code ?? 128 + (name ? constants.signals[name] : 0)))
  }).finally(() => signal?.removeEventListener('abort', stop))
}

/**
 * Runs this command again as root of a new user namespace, which may mount overlayfs. Its mounts are visible only to it, and
 * they end with it.
 */
export async function runInNamespace(): Promise<number> {
  const self = [process.execPath, ...process.execArgv, ...process.argv.slice(1)]
  return runCommand(['unshare', '--user', '--map-root-user', '--mount', '--', ...self])
}

const startError = (program: string, cause: Error): WindlassError =>
  new WindlassError('USAGE', `Running ${program} failed: ${cause.message}`, {
    cause,
    ...(program === 'unshare' && { hint: 'Install util-linux, which provides unshare, or run as root.' }),
  })
