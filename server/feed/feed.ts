/**
 * Provides `Feed`, the log of the messages to watchers. Each watcher has a position in the log and takes what follows it when it can. A
 * watcher that does not read therefore costs nothing; if its position is no longer in the log, it receives the whole state again.
 */
import type { ServerMessage } from '../../lib/api/messages.js'

/** Bounds of a feed, in bytes of UTF-8. */
export interface FeedBounds {
  /** Maximum size of the log (2 MiB): about a minute of ten busy pulls. */
  readonly log: number
  /** Maximum size of what a watcher takes at once, unless one message is larger (128 KiB). One that does not read holds that much. */
  readonly chunk: number
}

const defaultBounds: FeedBounds = { log: 2 * 1024 * 1024, chunk: 128 * 1024 }

/**
 * Milliseconds in which messages are gathered before watchers are woken: at least, at most, and for each watcher. Sending to
 * one takes about 0.04 ms, so that 200 watchers take less than a twentieth of a processor.
 */
const wakeDelay = { least: 50, most: 250, each: 1.25 }

interface Entry {
  readonly frame: Buffer
  /** Id of the pull that the message is about; undefined for a message about all. */
  readonly pull: string | undefined
}

/** What follows a position in the log. */
export interface Following {
  /** Frames for the watcher; empty if nothing that follows is about its pull. */
  readonly frames: Buffer
  /** Position after them. */
  readonly position: number
}

/** A log of messages. Positions are the numbers of messages; they begin with 1. */
export class Feed {
  readonly #entries: Entry[] = []
  /** Position of the first entry in the log. */
  #first = 1
  #watchers = 0
  #bytes = 0
  readonly #waiting = new Set<() => void>()
  #timer: NodeJS.Timeout | undefined
  /** What follows a position: most watchers are at the same one. */
  readonly #following = new Map<string, Following>()
  #state: { readonly head: number; readonly text: string; readonly frame: Buffer } | undefined

  /** @param run identifies the run of the server, because positions begin again with each */
  constructor(
    readonly run: string,
    private readonly bounds: FeedBounds = defaultBounds,
  ) {}

  /** Position of the last message; 0 before the first. */
  get head(): number {
    return this.#first + this.#entries.length - 1
  }

  /** Number of watchers. */
  get watchers(): number {
    return this.#watchers
  }

  /** Counts a watcher. Returns the function that takes it from the count again. */
  addWatcher(): () => void {
    this.#watchers++
    return () => {
      this.#watchers--
    }
  }

  /** Appends a message. `pull`: id of the pull that it is about. */
  append(message: ServerMessage, pull?: string): void {
    const frame = Buffer.from(this.#frameOf(this.head + 1, JSON.stringify(message)))
    this.#entries.push({ frame, pull })
    this.#bytes += frame.length
    while (this.#bytes > this.bounds.log && this.#entries.length > 1) {
      this.#bytes -= this.#entries.shift()!.frame.length
      this.#first++
    }
    this.#following.clear()
    if (this.#waiting.size > 0) this.#wakeLater()
  }

  /**
   * Returns what follows `position`, only what is about `pull` if it is given, up to a maximum size. Undefined if some of it
   * is no longer in the log.
   */
  after(position: number, pull?: string): Following | undefined {
    if (position < this.#first - 1 || position > this.head) return undefined
    const key = `${position} ${pull ?? ''}`
    const known = this.#following.get(key)
    if (known) return known
    const frames: Buffer[] = []
    let [end, bytes] = [position, 0]
    for (const { frame, pull: about } of this.#entries.slice(position - this.#first + 1)) {
      const isWanted = pull === undefined || about === undefined || about === pull
      if (isWanted && bytes > 0 && bytes + frame.length > this.bounds.chunk) break
      end++
      if (!isWanted) continue
      frames.push(frame)
      bytes += frame.length
    }
    const following = { frames: Buffer.concat(frames, bytes), position: end }
    this.#following.set(key, following)
    return following
  }

  /** Returns the frame of the state at `head`, as JSON. Watchers that come at the same time share it. */
  stateFrame(text: string): Buffer {
    const { head } = this
    if (this.#state?.head !== head || this.#state.text !== text)
      this.#state = { head, text, frame: Buffer.from(this.#frameOf(head, text)) }
    return this.#state.frame
  }

  /** Calls `wake` once, some time after the next message. Returns the function that prevents it. */
  onNext(wake: () => void): () => void {
    this.#waiting.add(wake)
    return () => this.#waiting.delete(wake)
  }

  /** Returns the position after an id of `run`; undefined for an id of another run, or for none. */
  positionOf(id: string | undefined): number | undefined {
    const match = /^(.+)-(\d{1,15})$/.exec(id ?? '')
    return match?.[1] === this.run ? Number(match[2]) : undefined
  }

  #wakeLater(): void {
    const { least, most, each } = wakeDelay
    this.#timer ??= setTimeout(() => this.#wake(), Math.min(most, Math.max(least, each * this.#waiting.size)))
    this.#timer.unref()
  }

  #wake(): void {
    this.#timer = undefined
    const waiting = [...this.#waiting]
    this.#waiting.clear()
    for (const wake of waiting) wake()
  }

  /** Returns one event of a stream of server-sent events. JSON contains no line breaks. */
  #frameOf(position: number, json: string): string {
    return `id: ${this.run}-${position}\ndata: ${json}\n\n`
  }
}
