/** Runs `windlass serve` of the built package in a process of its own, and commands against it. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { type CommandOptions, type CommandResult, runWindlass } from './command-line.js'

const root = fileURLToPath(new URL('../..', import.meta.url))

/** A running server. */
export interface Serve {
  readonly pid: number
  /** What it wrote so far. */
  readonly output: () => string
  /** Environment for commands that use the server by default. */
  readonly env: Readonly<Record<string, string>>
  /** Runs a command against the server. */
  run(args: readonly string[], options?: CommandOptions): Promise<CommandResult>
  /** Sends a signal and resolves to the exit code; -1 if the signal killed it. */
  end(signal?: NodeJS.Signals): Promise<number>
}

/** Options of `startServe`. */
export interface ServeStart {
  /** A directory of the test: it contains the store and the socket. */
  readonly directory: string
  readonly args?: readonly string[]
  /** A listening socket to inherit, as systemd passes it. */
  readonly fd?: number
}

/** Starts a server and waits until it listens. Rejects with its output if it ends before. */
export async function startServe({ directory, args = [], fd }: ServeStart): Promise<Serve> {
  await runWindlass(['--version']) // builds the package if necessary
  const env = { XDG_RUNTIME_DIR: directory, WINDLASS_STORE: `${directory}/store` }
  const listenArgs =
    fd === undefined && !args.includes('--listen') ? ['--listen', `${directory}/windlass.sock`] : []
  // LISTEN_PID is the pid of the server, which is that of the shell that becomes it. The kernel kills it with this process.
  const script = 'LISTEN_PID=$$; export LISTEN_PID; exec setpriv --pdeathsig KILL "$@"'
  const child: ChildProcess = spawn(
    'sh',
    ['-c', script, 'sh', process.execPath, 'dist/cli/main.js', 'serve', ...listenArgs, ...args],
    {
      cwd: root,
      env: {
        ...{ PATH: process.env['PATH'], HOME: '/nonexistent', ...env },
        ...(fd !== undefined && { LISTEN_FDS: '1' }),
      },
      stdio: ['ignore', 'pipe', 'pipe', ...(fd === undefined ? [] : [fd])],
    },
  )
  let output = ''
  const closed = once(child, 'close')
  await new Promise<void>((resolve, reject) => {
    for (const stream of [child.stdout!, child.stderr!])
      stream.setEncoding('utf8').on('data', (text: string) => {
        output += text
        if (/^Listening on /m.test(output)) resolve()
      })
    child.once('close', () => reject(new Error(`serve ended:\n${output}`)))
    child.once('error', reject)
  })
  return {
    pid: child.pid ?? 0,
    output: () => output,
    env,
    run: (words, options = {}) => runWindlass(words, { ...options, env: { ...env, ...options.env } }),
    async end(signal = 'SIGTERM') {
      child.kill(signal)
      const [code] = (await closed) as [number | null]
      return code ?? -1
    },
  }
}
