/**
 * Provides `Feed`, the log of the messages to watchers. Each watcher has a position in the log and takes what follows it when it can. A
 * watcher that does not read therefore costs nothing; if its position is no longer in the log, it receives the whole state again.
 */
import type { ServerMessage } from '../../lib/api/messages.js'

/** Maximum size of the log, in bytes of UTF-8. About a minute of ten busy pulls. */
const maxLogBytes = 2 * 1024 * 1024

/** Milliseconds in which messages are gathered before watchers are woken. */
const wakeDelay = 50

interface Entry {
  readonly frame: Buffer
  /** Id of the pull that the message is about; undefined for a message about all. */
  readonly pull: string | undefined
}

/** A log of messages. Positions are the numbers of messages; they begin with 1. */
export class Feed {
  readonly #entries: Entry[] = []
  /** Position of the first entry in the log. */
  #first = 1
  #bytes = 0
  #waiting = new Set<() => void>()
  #timer: NodeJS.Timeout | undefined
  /** The frames after a position: most watchers are at the same one. */
  #joined = new Map<string, Buffer>()

  /** @param run identifies the run of the server, because positions begin again with each */
  constructor(readonly run: string) {}

  /** Position of the last message; 0 before the first. */
  get head(): number {
    return this.#first + this.#entries.length - 1
  }

  /** Appends a message. `pull`: id of the pull that it is about. */
  append(message: ServerMessage, pull?: string): void {
    const frame = Buffer.from(frameOf(`${this.run}-${this.head + 1}`, JSON.stringify(message)))
    this.#entries.push({ frame, pull })
    this.#bytes += frame.length
    while (this.#bytes > maxLogBytes && this.#entries.length > 1) {
      this.#bytes -= this.#entries.shift()!.frame.length
      this.#first++
    }
    this.#joined.clear()
    if (this.#waiting.size === 0) return
    this.#timer ??= setTimeout(() => this.#wake(), wakeDelay)
    this.#timer.unref()
  }

  /**
   * Returns the frames after `position`, those about `pull` only if it is given. Undefined if some of them are no longer in
   * the log.
   */
  after(position: number, pull?: string): Buffer | undefined {
    if (position < this.#first - 1 || position > this.head) return undefined
    const key = `${position} ${pull ?? ''}`
    const known = this.#joined.get(key)
    if (known) return known
    const entries = this.#entries.slice(position - this.#first + 1)
    const wanted =
      pull === undefined ? entries : entries.filter((each) => each.pull === pull || each.pull === undefined)
    const joined = Buffer.concat(wanted.map(({ frame }) => frame))
    this.#joined.set(key, joined)
    return joined
  }

  /** Resolves when there is a message after `position`, when `signal` aborts, or after `timeout` milliseconds. */
  changed(position: number, timeout: number, signal: AbortSignal): Promise<void> {
    if (position < this.head || signal.aborted) return Promise.resolve()
    return new Promise((resolve) => {
      const end = (): void => {
        clearTimeout(timer)
        this.#waiting.delete(end)
        signal.removeEventListener('abort', end)
        resolve()
      }
      const timer = setTimeout(end, timeout)
      timer.unref()
      this.#waiting.add(end)
      signal.addEventListener('abort', end, { once: true })
    })
  }

  /** Returns the position after an id of `run`; undefined for an id of another run, or for none. */
  positionOf(id: string | undefined): number | undefined {
    const match = /^(.+)-(\d{1,15})$/.exec(id ?? '')
    return match?.[1] === this.run ? Number(match[2]) : undefined
  }

  #wake(): void {
    this.#timer = undefined
    for (const wake of [...this.#waiting]) wake()
  }
}

/** Returns one event of a stream of server-sent events. JSON contains no line breaks. */
export const frameOf = (id: string, json: string): string => `id: ${id}\ndata: ${json}\n\n`
