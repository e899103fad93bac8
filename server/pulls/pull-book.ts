/** Starts and controls the pulls of a server, and reports what happens to its watchers and its history. */
import type { StateMessage } from '../../lib/api/messages.js'
import { addSample } from '../../lib/api/server-state.js'
import type {
  LimitChange,
  LineSample,
  PullChange,
  PullOrder,
  PullProgress,
  ServerInfo,
  ServerLimits,
} from '../../lib/api/shapes.js'
import { WindlassError } from '../../lib/errors.js'
import type { Pull, PullOptions, Windlass } from '../../puller/index.js'
import type { Feed } from '../feed/feed.js'
import type { History } from '../history/history.js'
import { BookEntry } from './book-entry.js'
import { Sampler } from './sampler.js'

/** Milliseconds between two reports of progress, and between two samples. */
const progressInterval = 250
const sampleInterval = 1_000

/** Maximum number of ended pulls in the list. */
const maxEnded = 100

/** What a book needs. */
export interface PullBookParts {
  readonly windlass: Windlass
  readonly feed: Feed
  readonly history: History
  readonly info: ServerInfo
}

/** The pulls of one server. */
export class PullBook {
  readonly #parts: PullBookParts
  readonly #entries = new Map<string, BookEntry>()
  readonly #sampler: Sampler
  #samples: readonly LineSample[] = []
  #timers: NodeJS.Timeout[] = []
  #isClosing = false
  #reported: Record<string, PullProgress> = {}
  #limits: string
  #state: { readonly key: string; readonly text: string } | undefined

  constructor(parts: PullBookParts) {
    this.#parts = parts
    this.#sampler = new Sampler(parts.info.store)
    this.#limits = JSON.stringify(this.limits)
    for (const { id, order, startedAt } of parts.history.interrupted)
      this.#entries.set(id, new BookEntry({ id, order, startedAt, pull: undefined }))
    void this.#takeIdleSample()
  }

  /** All pulls in the list, in the order of their start. */
  get entries(): readonly BookEntry[] {
    return [...this.#entries.values()]
  }

  /** The running pulls. */
  get running(): readonly BookEntry[] {
    return this.entries.filter(({ isRunning }) => isRunning)
  }

  /** Returns a pull. @throws PULL_UNKNOWN */
  get(id: string): BookEntry {
    const entry = this.#entries.get(id)
    if (!entry)
      throw new WindlassError('PULL_UNKNOWN', `This server has no pull ${id}`, {
        hint: '`windlass ps` lists the pulls.',
      })
    return entry
  }

  /** Starts a pull. @throws REFERENCE_INVALID, PLATFORM_INVALID, USAGE */
  start(order: PullOrder, options: PullOptions = {}, resumes?: string): BookEntry {
    const { image, platform, priority, unpack, refresh } = order
    const pull = this.#parts.windlass.pull(image, {
      ...(platform !== undefined && { platform }),
      ...(unpack !== undefined && { unpack }),
      ...(refresh !== undefined && { refresh }),
      ...options,
    })
    if (priority !== undefined) pull.priority = priority
    return this.adopt(pull, order, resumes)
  }

  /** Adds a pull that was started elsewhere in this process, for example as one of a set. */
  adopt(pull: Pull, order: PullOrder, resumes?: string): BookEntry {
    const { feed, history } = this.#parts
    const startedAt = Date.now()
    const entry = new BookEntry({ id: pull.id, order, startedAt, pull, resumes })
    this.#entries.set(entry.id, entry)
    history.started({ id: entry.id, order, startedAt })
    this.#announce(entry)
    pull.events.subscribe((event) => {
      entry.add(event)
      feed.append({ type: 'event', event }, entry.id)
      if (event.type === 'paused' || event.type === 'resumed') this.#announce(entry)
      if (event.type === 'end') this.#ended(entry)
    })
    this.#run()
    return entry
  }

  /** Pauses or resumes a pull, or changes its priority. @throws PULL_UNKNOWN, PULL_ENDED, USAGE */
  change(id: string, { paused, priority }: PullChange): BookEntry {
    const entry = this.get(id)
    const { pull } = entry
    if (!pull || !entry.isRunning) throw endedError(entry)
    if (priority !== undefined) pull.priority = priority
    if (paused === true) pull.pause()
    if (paused === false) pull.resume()
    this.#announce(entry)
    return entry
  }

  /**
   * Starts the next attempts of a pull at once, instead of waiting for their time. Its other downloads and unpacks begin again
   * where they were. @throws PULL_UNKNOWN, PULL_ENDED
   */
  retryNow(id: string): BookEntry {
    const entry = this.get(id)
    if (!entry.pull || !entry.isRunning) throw endedError(entry)
    // A pause ends the waiting, and what it ended begins again without a delay.
    if (entry.record.state === 'running') {
      entry.pull.pause()
      entry.pull.resume()
    }
    return entry
  }

  /** Cancels a running pull. @throws PULL_UNKNOWN, PULL_ENDED */
  cancel(id: string): BookEntry {
    const entry = this.get(id)
    if (!entry.pull || !entry.isRunning) throw endedError(entry)
    entry.pull.cancel(new WindlassError('CANCELLED', 'Cancelled through the server'))
    return entry
  }

  /** Starts an ended pull again. @throws PULL_UNKNOWN; USAGE while it runs */
  again(id: string): BookEntry {
    const entry = this.get(id)
    if (entry.isRunning) throw new WindlassError('USAGE', `The pull ${id} is still running`)
    const next = this.start(entry.order, {}, id)
    this.#remove(id)
    return next
  }

  /** Removes the ended pulls from the list. */
  clear(): void {
    for (const { id, isRunning } of this.entries) if (!isRunning) this.#remove(id)
  }

  /** The limits of the server. */
  get limits(): ServerLimits {
    const { bytesPerSecond, ...counts } = this.#parts.windlass.limits.get()
    const { isAuto } = this.#parts.windlass.limits
    return { ...counts, isAuto, bytesPerSecond: Number.isFinite(bytesPerSecond) ? bytesPerSecond : null }
  }

  /** Changes the limits. @throws USAGE; nothing changes then */
  setLimits({ bytesPerSecond, ...counts }: LimitChange): ServerLimits {
    this.#parts.windlass.limits.set({
      ...counts,
      ...(bytesPerSecond !== undefined && { bytesPerSecond: bytesPerSecond ?? Infinity }),
    })
    this.#reportLimits()
    return this.limits
  }

  /** Returns the state message as JSON, with one pull only if `pull` is given. @throws PULL_UNKNOWN */
  state(tasks: StateMessage['tasks'], pull?: string): string {
    const { feed, info } = this.#parts
    const key = `${feed.head} ${pull ?? ''}`
    if (this.#state?.key === key) return this.#state.text
    const entries = pull === undefined ? this.entries : [this.get(pull)]
    const message: StateMessage = {
      ...{ type: 'state', at: Date.now(), server: info, limits: this.limits, tasks },
      pulls: entries.map(({ watched }) => watched),
      samples: [...this.#samples],
    }
    this.#state = { key, text: JSON.stringify(message) }
    return this.#state.text
  }

  /** Cancels all pulls. They resume when they are asked for again. */
  async close(): Promise<void> {
    this.#isClosing = true
    for (const { pull } of this.running)
      pull?.cancel(new WindlassError('CANCELLED', 'The server is shutting down'))
    await Promise.all(this.running.map(async ({ pull }) => pull?.closed()))
    this.#stop()
  }

  #announce(entry: BookEntry): void {
    this.#parts.feed.append({ type: 'pull', at: Date.now(), pull: entry.record }, entry.id)
  }

  #ended(entry: BookEntry): void {
    const { feed, history } = this.#parts
    this.#announce(entry)
    const { past } = entry
    // Nobody asked for the end of this pull: the next server lists it, so that it can be resumed.
    history.ended(this.#isClosing && past.state === 'cancelled' ? { ...past, state: 'interrupted' } : past)
    feed.append({ type: 'images', at: Date.now() })
    const ended = this.entries.filter(({ isRunning }) => !isRunning)
    for (const { id } of ended.slice(0, Math.max(0, ended.length - maxEnded))) this.#remove(id)
    if (this.running.length > 0) return
    this.#stop()
    void this.#takeIdleSample()
  }

  #remove(id: string): void {
    if (this.#entries.get(id)?.record.state === 'interrupted') this.#parts.history.settle(id)
    this.#entries.delete(id)
    this.#parts.feed.append({ type: 'removed', at: Date.now(), id }, id)
  }

  /** Reports progress and samples while pulls run. */
  #run(): void {
    if (this.#timers.length > 0) return
    const progress = setInterval(() => this.#reportProgress(), progressInterval)
    const samples = setInterval(() => void this.#takeSample(), sampleInterval)
    this.#timers = [progress, samples]
    for (const timer of this.#timers) timer.unref()
    void this.#takeSample()
  }

  #stop(): void {
    for (const timer of this.#timers) clearInterval(timer)
    this.#timers = []
    this.#reported = {}
    this.#sampler.reset()
  }

  #reportProgress(): void {
    const now = Object.fromEntries(this.running.map(({ id, record }) => [id, record.progress]))
    const changed = Object.entries(now).filter(
      ([id, progress]) => JSON.stringify(progress) !== JSON.stringify(this.#reported[id]),
    )
    this.#reported = now
    if (changed.length > 0)
      this.#parts.feed.append({ type: 'progress', at: Date.now(), pulls: Object.fromEntries(changed) })
  }

  async #takeSample(): Promise<void> {
    const { windlass, feed } = this.#parts
    this.#reportLimits()
    const running = new Map(this.running.map(({ id, snapshot }) => [id, snapshot]))
    const samples = await this.#sampler.take(running, windlass.limits.get())
    if (!samples) return
    this.#samples = addSample(this.#samples, samples.line)
    for (const [id, sample] of Object.entries(samples.pulls))
      this.#entries.get(id)?.sample(sample, sampleInterval)
    feed.append({ type: 'sample', line: samples.line, pulls: samples.pulls })
  }

  /** Reports the free bytes before the first pull, and that nothing is transferred after the last one. */
  async #takeIdleSample(): Promise<void> {
    const line = await this.#sampler.idle()
    if (this.running.length > 0) return
    this.#samples = addSample(this.#samples, line)
    this.#parts.feed.append({ type: 'sample', line, pulls: {} })
  }

  /** Reports the limits if they have changed: the server may find the number of downloads itself. */
  #reportLimits(): void {
    const { limits } = this
    const text = JSON.stringify(limits)
    if (text === this.#limits) return
    this.#limits = text
    this.#parts.feed.append({ type: 'limits', at: Date.now(), limits })
  }
}

const endedError = ({ id, record }: BookEntry): WindlassError =>
  new WindlassError('PULL_ENDED', `The pull ${id} is not running: it is ${record.state}`, {
    hint: '`windlass pull` starts it again; what was received is kept.',
  })
