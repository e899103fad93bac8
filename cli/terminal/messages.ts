/**
 * Writes errors, warnings and notes of a command to stderr: as text, or, with `--progress json`, as events in the
 * format of the pull events, so that each line of stderr is JSON.
 */
import type { Writable } from 'node:stream'
import { type ErrorRecord, asWindlassError } from '../../lib/errors.js'
import { encodeEvent } from '../../lib/events/encode-event.js'
import { eventVersion } from '../../lib/events/event-version.js'
import type { PullEventBody } from '../../lib/events/index.js'
import { printable } from '../../lib/codec/printable.js'
import { failureLines } from './failure.js'
import { jsonForTerminal } from './json-for-terminal.js'

/** Options of `Messages`. */
export interface MessageOptions {
  /** Write each line as JSON (false). */
  readonly json?: boolean
  /** Print errors with their stacks (false). */
  readonly debug?: boolean
}

/** Writes the messages of a command. */
export class Messages {
  readonly #stream: Writable & { readonly isTTY?: boolean }
  readonly #json: boolean
  readonly #debug: boolean
  /** Errors that the events of a pull have reported. */
  readonly #reportedByEvents = new WeakSet()

  constructor(
    stream: Writable & { readonly isTTY?: boolean },
    { json = false, debug = false }: MessageOptions = {},
  ) {
    this.#stream = stream
    this.#json = json
    this.#debug = debug
  }

  /**
   * Reports an error and returns its exit code. In JSON format, an error that the events of a pull have reported is
   * omitted.
   */
  error(error: unknown): number {
    const known = asWindlassError(error)
    if (!this.#json) this.#stream.write(`${failureLines(error, { debug: this.#debug }).join('\n')}\n`)
    else if (!this.#reportedByEvents.has(known)) this.#event(endBody(known.toJSON()))
    return known.exitCode
  }

  /** Records that the events of a pull have reported this error. */
  markReported(error: unknown): void {
    if (typeof error === 'object' && error !== null) this.#reportedByEvents.add(error)
  }

  /** Reports a warning. */
  warning(code: string, message: string): void {
    if (this.#json) this.#event({ type: 'warning', code, message })
    else this.#stream.write(`windlass: warning: ${printable(message, 500)}\n`)
  }

  /** Reports that the command is being cancelled and that a second interrupt ends it at once. */
  cancelling(): void {
    const message = 'cancelling; interrupt again to exit at once'
    if (this.#json) this.#event({ type: 'warning', code: 'cancelling', message })
    else this.#stream.write(`windlass: ${message}\n`)
  }

  /** Writes a line for people. In JSON format, it is omitted, because the events contain the same information. */
  note(line: string): void {
    if (!this.#json) this.#stream.write(`${line}\n`)
  }

  #event(body: PullEventBody): void {
    // Sequence numbers of a pull start at 1. These events belong to no pull.
    const envelope = { version: eventVersion, pull: '', seq: 0, time: new Date().toISOString() } as const
    const line = encodeEvent({ ...envelope, ...body })
    this.#stream.write(`${this.#stream.isTTY ? jsonForTerminal(line) : line}\n`)
  }
}

const endBody = (error: ErrorRecord): PullEventBody => ({
  type: 'end',
  outcome: error.code === 'CANCELLED' ? 'cancelled' : 'failed',
  error,
})
