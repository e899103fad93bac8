/**
 * What a command says on stderr beside the progress of its pulls: errors, warnings, notes. As text for people, or, with
 * `--progress json`, as events of the same kind as those of the pulls, so that each line is JSON.
 */
import type { Writable } from 'node:stream'
import { type ErrorRecord, asWindlassError } from '../../lib/errors.js'
import { encodeEvent } from '../../lib/events/encode-event.js'
import { eventVersion } from '../../lib/events/event-version.js'
import type { PullEventBody } from '../../lib/events/index.js'
import { printable } from '../../lib/codec/printable.js'
import { failureLines } from './failure.js'
import { jsonForTerminal } from './json-for-terminal.js'

export interface MessageOptions {
  /** Whether each line is to be JSON. */
  readonly json?: boolean
  /** Whether errors are shown with their stacks. */
  readonly debug?: boolean
}

export class Messages {
  readonly #stream: Writable & { readonly isTTY?: boolean }
  readonly #json: boolean
  readonly #debug: boolean
  readonly #known = new WeakSet()

  constructor(
    stream: Writable & { readonly isTTY?: boolean },
    { json = false, debug = false }: MessageOptions = {},
  ) {
    this.#stream = stream
    this.#json = json
    this.#debug = debug
  }

  /** Says what went wrong, unless its pull's events have; its exit code. */
  error(error: unknown): number {
    const known = asWindlassError(error)
    if (!this.#json) this.#stream.write(`${failureLines(error, { debug: this.#debug }).join('\n')}\n`)
    else if (!this.#known.has(known)) this.#event(ended(known.toJSON()))
    return known.exitCode
  }

  /** The events of a pull have said this error. As text, it is said again below the progress. */
  saidByEvents(error: unknown): void {
    if (typeof error === 'object' && error !== null) this.#known.add(error)
  }

  warning(code: string, message: string): void {
    if (this.#json) this.#event({ type: 'warning', code, message })
    else this.#stream.write(`windlass: warning: ${printable(message, 500)}\n`)
  }

  /** The work is being cancelled: a second interrupt does not wait for it. */
  cancelling(): void {
    const message = 'cancelling; once more ends it at once'
    if (this.#json) this.#event({ type: 'warning', code: 'cancelling', message })
    else this.#stream.write(`windlass: ${message}\n`)
  }

  /** A line for people, which says nothing that the events do not. */
  note(line: string): void {
    if (!this.#json) this.#stream.write(`${line}\n`)
  }

  #event(body: PullEventBody): void {
    // The events of a pull count from 1: these are of none.
    const line = encodeEvent({ version: eventVersion, seq: 0, time: new Date().toISOString(), ...body })
    this.#stream.write(`${this.#stream.isTTY ? jsonForTerminal(line) : line}\n`)
  }
}

const ended = (error: ErrorRecord): PullEventBody => ({
  type: 'end',
  outcome: error.code === 'CANCELLED' ? 'cancelled' : 'failed',
  error,
})
