/** Defines the environment of a command: the streams, variables and signals of the process or of a test. */
import type { Readable, Writable } from 'node:stream'
import { exitAtOnce } from '../../lib/system/exit.js'
import type { Messages } from './messages.js'
import { Output } from './output.js'
import { redirectNotices } from './process-notices.js'

/** A stream for progress. Only a terminal has the three members. */
export interface ProgressStream extends Writable {
  readonly isTTY?: boolean
  readonly columns?: number
  readonly rows?: number
}

/** Environment of a command. */
export interface Terminal {
  readonly stdin: Readable & {
    readonly isTTY?: boolean
    /** Only a terminal has it: passes each key on when it is pressed, without showing it. */
    setRawMode?(on: boolean): unknown
  }
  /** Receives only results. */
  readonly output: Output
  /** Receives progress, messages and errors. */
  readonly stderr: ProgressStream
  readonly env: Readonly<NodeJS.ProcessEnv>
  /** Emits `SIGINT`, `SIGTERM` and `SIGHUP`. */
  readonly signals: {
    on(name: NodeJS.Signals, listener: () => void): unknown
    off(name: NodeJS.Signals, listener: () => void): unknown
  }
  /** Ends the process at once. */
  exit(code: number): void
  /** Reports warnings and uncaught errors of the process through `messages`. */
  redirectNotices?(messages: Messages): void
}

/** A terminal with the messages of the command that runs on it. */
export interface Console extends Terminal {
  readonly messages: Messages
}

/** Returns the terminal of the process. */
export function processTerminal(): Terminal {
  const { stdout, stderr, env } = process
  // A command does not fail because its stderr is closed.
  stderr.on('error', () => undefined)
  return {
    // Node creates the stream on first use, which few commands need.
    get stdin() {
      return process.stdin
    },
    output: new Output(stdout),
    stderr,
    env,
    signals: process,
    exit: exitAtOnce,
    redirectNotices: redirectNotices,
  }
}
