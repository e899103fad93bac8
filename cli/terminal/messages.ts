/**
 * Writes errors, warnings and notes of a command to stderr: as text, or so that each line of stderr is JSON: with `--progress json` as
 * events in the format of the pull events, with `--progress docker` as lines of Docker's API.
 */
import type { Writable } from 'node:stream'
import { type ErrorRecord, asWindlassError } from '../../lib/errors.js'
import { encodeEvent } from '../../lib/events/encode-event.js'
import { eventVersion } from '../../lib/events/event-version.js'
import type { PullEventBody } from '../../lib/events/index.js'
import { printable } from '../../lib/codec/printable.js'
import { writeAbove } from './drawing.js'
import { failureLines } from './failure.js'
import { jsonForTerminal } from './json-for-terminal.js'

/** Format of messages: lines for people, events, or lines of Docker's API. */
export type MessageFormat = 'text' | 'json' | 'docker'

/** Options of `Messages`. */
export interface MessageOptions {
  readonly format?: MessageFormat
  /** Print errors with their stacks (false). */
  readonly debug?: boolean
}

/** Writes the messages of a command. */
export class Messages {
  readonly #stream: Writable & { readonly isTTY?: boolean }
  readonly #format: MessageFormat
  readonly #debug: boolean
  /** Errors that the events of a pull have reported. */
  readonly #reportedByEvents = new WeakSet()

  constructor(
    stream: Writable & { readonly isTTY?: boolean },
    { format = 'text', debug = false }: MessageOptions = {},
  ) {
    this.#stream = stream
    this.#format = format
    this.#debug = debug
  }

  /**
   * Reports an error and returns its exit code. In a format for programs, an error that the events of a pull have reported is
   * omitted.
   */
  error(error: unknown): number {
    const known = asWindlassError(error)
    const { message } = known
    if (this.#format === 'text') this.#line(failureLines(error, { debug: this.#debug }).join('\n'))
    else if (!this.#reportedByEvents.has(known))
      this.#record(endBody(known.toJSON()), { errorDetail: { message }, error: message })
    return known.exitCode
  }

  /** Records that the events of a pull have reported this error. */
  markReported(error: unknown): void {
    if (typeof error === 'object' && error !== null) this.#reportedByEvents.add(error)
  }

  /** Reports a warning. */
  warning(code: string, message: string): void {
    if (this.#format === 'text') this.#line(`windlass: warning: ${printable(message, 500)}`)
    else this.#record({ type: 'warning', code, message }, { status: `Warning: ${message}` })
  }

  /**
   * Reports that the command is being cancelled and that a second interrupt ends it at once.
   * @param what what the interrupt does
   */
  cancelling(what = 'cancelling'): void {
    const message = `${what}; interrupt again to exit at once`
    if (this.#format === 'text') this.#line(`windlass: ${message}`)
    else this.#record({ type: 'warning', code: 'cancelling', message }, { status: message })
  }

  /** Writes a line for people. In a format for programs, it is omitted, because the events contain the same information. */
  note(line: string): void {
    if (this.#format === 'text') this.#line(line)
  }

  #record(body: PullEventBody, docker: object): void {
    // Sequence numbers of a pull start at 1. These events belong to no pull.
    const envelope = { version: eventVersion, pull: '', seq: 0, time: new Date().toISOString() } as const
    const line =
      this.#format === 'docker' ? `${JSON.stringify(docker)}\r` : encodeEvent({ ...envelope, ...body })
    this.#line(this.#stream.isTTY ? jsonForTerminal(line) : line)
  }

  #line(text: string): void {
    writeAbove(this.#stream, `${text}\n`)
  }
}

const endBody = (error: ErrorRecord): PullEventBody => ({
  type: 'end',
  outcome: error.code === 'CANCELLED' ? 'cancelled' : 'failed',
  error,
})
