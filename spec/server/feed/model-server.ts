/** A server in virtual time whose pulls are made up: what happens is drawn by the test. */
import { PullEventLog, type PullEventBody } from '../../../lib/events/index.js'
import type { ServerMessage, StateMessage } from '../../../lib/api/messages.js'
import { type ServerState, addSample, emptyServerState, reduceServer } from '../../../lib/api/server-state.js'
import type { LineSample, ServerInfo, ServerLimits, TaskRecord } from '../../../lib/api/shapes.js'
import type { Pull } from '../../../puller/index.js'
import { Feed } from '../../../server/feed/feed.js'
import { BookEntry } from '../../../server/pulls/book-entry.js'

const server: ServerInfo = {
  ...{ version: '1', run: 'run', startedAt: 0, store: '/store', platform: 'linux/amd64' },
  ...{ processors: 2, retries: 5, historySize: 10 },
}

/** Sizes of the layers of every pull. */
const sizes = [1_000, 2_000]

interface ModelPull {
  readonly entry: BookEntry
  readonly log: PullEventLog
  /** Bytes fetched of each layer. */
  readonly fetched: number[]
}

export class ModelServer {
  readonly feed = new Feed('run', { log: 3_000, chunk: 1_000 })
  readonly #pulls = new Map<string, ModelPull>()
  #limits: ServerLimits = { maxDownloads: 3, maxUnpacks: 2, bytesPerSecond: null, isAuto: false }
  #samples: readonly LineSample[] = []
  #tasks: readonly TaskRecord[] = []
  #started = 0
  #now = 1_000_000

  /** Makes one thing happen, chosen by a number. */
  step(choice: number): void {
    this.#now += 100
    const ids = [...this.#pulls.keys()]
    const id = ids[choice % Math.max(1, ids.length)]
    const pull = id === undefined ? undefined : this.#pulls.get(id)
    const kind = Math.floor(choice / 8) % 8
    if (!pull || kind === 0) this.#start()
    else if (kind <= 3) this.#layer(pull, choice)
    else if (kind === 4)
      this.#emit(pull, { type: pull.entry.record.state === 'paused' ? 'resumed' : 'paused' })
    else if (kind === 5) this.report()
    else if (kind === 6) this.#changeLimitsOrTask(choice)
    else this.#endOrRemove(pull)
  }

  /** The state message, as the server makes it for a new watcher. */
  readonly state = (only?: string): string => {
    const pulls = [...this.#pulls.values()].filter(({ entry }) => only === undefined || entry.id === only)
    const message: StateMessage = {
      ...{ type: 'state', at: this.#now, server, limits: this.#limits, tasks: [...this.#tasks] },
      ...{ samples: [...this.#samples], pulls: pulls.map(({ entry }) => entry.watched) },
    }
    return JSON.stringify(message)
  }

  /** What a watcher that comes now knows. */
  known(only?: string): ServerState {
    return reduceServer(emptyServerState, JSON.parse(this.state(only)) as ServerMessage)
  }

  #start(): void {
    const id = `pull-${++this.#started}`
    const order = { image: `image-${this.#started}` }
    const entry = new BookEntry({ ...{ id, order, startedAt: this.#now }, pull: { id, priority: 0 } as Pull })
    const log = new PullEventLog(() => new Date(this.#now), id)
    const pull: ModelPull = { entry, log, fetched: sizes.map(() => 0) }
    this.#pulls.set(id, pull)
    this.#announce(pull)
    log.events.subscribe((event) => {
      entry.add(event)
      this.feed.append({ type: 'event', event }, id)
      if (['paused', 'resumed', 'end'].includes(event.type)) this.#announce(pull)
    })
    this.#emit(pull, { type: 'start', reference: order.image, platform: 'linux/amd64' })
    const layers = sizes.map((size, at) => ({
      ...{ digest: `sha256:${at}`, size, offset: 0 },
      action: 'download' as const,
    }))
    const total = sizes.reduce((sum, size) => sum + size, 0)
    this.#emit(pull, { type: 'plan', layers, bytes: { total, toDownload: total } })
  }

  #layer(pull: ModelPull, choice: number): void {
    const at = choice % sizes.length
    const total = sizes[at]!
    const current = (pull.fetched[at] = Math.min(total, pull.fetched[at]! + 300))
    const status = current === total ? 'downloaded' : 'downloading'
    this.#emit(pull, { type: 'layer', digest: `sha256:${at}`, status, total, current })
  }

  /** Reports progress and a sample, as the server does at intervals. */
  report(): void {
    const running = [...this.#pulls.values()].filter(({ entry }) => entry.isRunning)
    const progress = Object.fromEntries(running.map(({ entry }) => [entry.id, entry.record.progress]))
    this.feed.append({ type: 'progress', at: this.#now, pulls: progress })
    const sample = { at: this.#now, network: this.#now % 7, disk: 1, holder: null }
    const line = { ...sample, freeBytes: 1, host: null }
    this.#samples = addSample(this.#samples, line)
    for (const { entry } of running) entry.sample(sample, 1_000)
    this.feed.append({
      type: 'sample',
      line,
      pulls: Object.fromEntries(running.map(({ entry }) => [entry.id, sample])),
    })
  }

  #changeLimitsOrTask(choice: number): void {
    if (choice % 2 === 0) {
      this.#limits = { ...this.#limits, maxDownloads: 1 + (choice % 20) }
      this.feed.append({ type: 'limits', at: this.#now, limits: this.#limits })
      return
    }
    const id = `task-${choice % 3}`
    const task: TaskRecord = { id, kind: 'verify', state: 'running', startedAt: this.#now }
    this.#tasks = [...this.#tasks.filter((each) => each.id !== id), task]
    this.feed.append({ type: 'task', at: this.#now, task })
  }

  #endOrRemove(pull: ModelPull): void {
    const { entry } = pull
    if (entry.isRunning) {
      this.#emit(pull, { type: 'end', outcome: 'cancelled' })
      return
    }
    this.#pulls.delete(entry.id)
    this.feed.append({ type: 'removed', at: this.#now, id: entry.id }, entry.id)
  }

  #announce({ entry }: ModelPull): void {
    this.feed.append({ type: 'pull', at: this.#now, pull: entry.record }, entry.id)
  }

  #emit({ entry, log }: ModelPull, body: PullEventBody): void {
    if (entry.isRunning) log.emit(body)
  }
}
