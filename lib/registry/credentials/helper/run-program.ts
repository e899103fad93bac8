/** Runs a program without a shell: with a time limit, limited output, and nothing inherited but the given environment. */
import { spawn } from 'node:child_process'
import type { Readable } from 'node:stream'

/** What to run. */
export interface ProgramRun {
  /** Absolute path of the program. */
  readonly path: string
  readonly args: readonly string[]
  readonly input: string
  readonly env: Readonly<Record<string, string>>
  /** Milliseconds. */
  readonly timeout: number
  /** Maximum size of stdout in bytes. Of stderr, the first 4 KiB are kept. */
  readonly maxOutput: number
  readonly signal?: AbortSignal | undefined
}

/** How a program ended. `exit` is null if a signal ended it. */
export interface ProgramResult {
  readonly exit: number | null
  readonly signalName: NodeJS.Signals | null
  readonly stdout: string
  readonly stderr: string
}

/** Reports that a program was stopped, or was not started; then the cause is the error of the system. */
export class ProgramStopped extends Error {
  override readonly name = 'ProgramStopped'

  constructor(
    readonly reason: 'timeout' | 'output' | 'aborted' | 'start',
    cause?: unknown,
  ) {
    super(`The program was stopped (${reason})`, cause === undefined ? undefined : { cause })
  }
}

/** Milliseconds between SIGTERM and SIGKILL, and for the output of a program that has ended. */
const grace = 1_000
const maxErrorOutput = 4 * 1024

/**
 * Runs a program to its end. A program that is stopped, with the processes that it started, receives SIGTERM, then SIGKILL.
 * The promise settles when the program has ended.
 * @throws ProgramStopped
 */
export function runProgram(run: ProgramRun): Promise<ProgramResult> {
  const { path, args, input, env, timeout, maxOutput, signal } = run
  return new Promise((resolve, reject) => {
    if (signal?.aborted) {
      reject(new ProgramStopped('aborted'))
      return
    }
    // A group of its own, so that the processes that it starts can be stopped too.
    const child = startProgram(() =>
      spawn(path, args, {
        cwd: '/',
        env,
        stdio: ['pipe', 'pipe', 'pipe'],
        detached: true,
        windowsHide: true,
      }),
    )
    if (child instanceof ProgramStopped) {
      reject(child)
      return
    }
    const timers: NodeJS.Timeout[] = []
    const after = (delay: number, work: () => void): void => void timers.push(setTimeout(work, delay))
    let stopped: ProgramStopped | undefined
    const stop = (reason: ProgramStopped['reason'], cause?: unknown): void => {
      if (stopped !== undefined) return
      stopped = new ProgramStopped(reason, cause)
      killGroup(child.pid, 'SIGTERM')
      after(grace, () => killGroup(child.pid, 'SIGKILL'))
    }
    const abort = (): void => stop('aborted')
    signal?.addEventListener('abort', abort, { once: true })
    after(timeout, () => stop('timeout'))
    const stdout = collect(child.stdout, maxOutput, () => stop('output'))
    const stderr = collect(child.stderr, maxErrorOutput)
    child.stdin.on('error', () => undefined) // A program may end without reading its input.
    child.stdin.end(input)
    child.on('error', (cause) => stop('start', cause))
    // A process that the program left behind may keep the output open.
    child.on('exit', () =>
      after(grace, () => [child.stdout, child.stderr].forEach((stream) => stream.destroy())),
    )
    child.on('close', (exit, signalName) => {
      timers.forEach(clearTimeout)
      signal?.removeEventListener('abort', abort)
      if (stopped !== undefined) {
        killGroup(child.pid, 'SIGKILL') // Processes that it started and that ignore SIGTERM.
        reject(stopped)
      } else resolve({ exit, signalName, stdout: stdout(), stderr: stderr() })
    })
  })
}

/** Starts a program. Some failures are thrown, such as an environment that is too large. */
function startProgram<Child>(start: () => Child): Child | ProgramStopped {
  try {
    return start()
  } catch (cause) {
    return new ProgramStopped('start', cause)
  }
}

/** Keeps the first `maxBytes` of a stream; calls `onExcess` if there are more. Returns a function that returns the text. */
function collect(stream: Readable, maxBytes: number, onExcess?: () => void): () => string {
  const chunks: Buffer[] = []
  let bytes = 0
  stream.on('error', () => undefined)
  stream.on('data', (chunk: Buffer) => {
    if (bytes < maxBytes) chunks.push(chunk.subarray(0, maxBytes - bytes))
    bytes += chunk.length
    if (bytes > maxBytes) onExcess?.()
  })
  return () => Buffer.concat(chunks).toString('utf8')
}

function killGroup(pid: number | undefined, signal: NodeJS.Signals): void {
  if (pid === undefined) return
  try {
    process.kill(-pid, signal)
  } catch {
    // The group has ended.
  }
}
