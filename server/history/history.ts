/**
 * Keeps the pulls of a store: those that ended, and those that a server began and did not end. The directory `history` of the
 * store has one file per run of a server, locked while the server runs, to which each start and end is appended as a line of JSON.
 * A server that starts takes over the files of servers that have ended.
 */
import { appendFile, mkdir, readFile, readdir, rename, unlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import * as t from 'io-ts'
import { PastPull, PullOrder } from '../../lib/api/shapes.js'
import { isNotWritableError } from '../../lib/store/index.js'
import { FileLock } from '../../lib/store/locks/file-lock.js'

/** Number of past pulls that are kept. */
export const historySize = 1_000

const start = t.type({ type: t.literal('start'), id: t.string, order: PullOrder, startedAt: t.number })
const end = t.type({ type: t.literal('end'), pull: PastPull })
/** An interrupted pull was resumed or removed from the list: later servers do not list it any more. */
const settled = t.type({ type: t.literal('settled'), id: t.string })
const HistoryLine = t.union([start, end, settled])
type HistoryLine = t.TypeOf<typeof HistoryLine>

/** A pull that was started. */
export type StartedEntry = Omit<t.TypeOf<typeof start>, 'type'>

/** The past pulls of a store. */
export class History {
  #past: PastPull[] = []
  #running = new Map<string, StartedEntry>()
  readonly #settled = new Set<string>()
  /** Number of lines of the own file. */
  #lines = 0
  #writing: Promise<void> = Promise.resolve()
  /** Lines that are not written yet. */
  readonly #pending: HistoryLine[] = []
  /** Whether the last line of the file may be incomplete. */
  #isTorn = false

  private constructor(
    private readonly directory: string,
    private readonly file: string,
    /** Undefined if the store cannot be written to: the history is then only read. */
    private readonly lock: FileLock | undefined,
    private readonly warn: (message: string) => void,
  ) {}

  /**
   * Opens the history of the store in `store`. Pulls that a dead server did not end are ended as `interrupted`. A history that
   * cannot be written to is read, with a warning.
   * @param run identifies the run of this server
   * @throws the errors of `node:fs`
   */
  static async open(store: string, run: string, warn: (message: string) => void): Promise<History> {
    const directory = join(store, 'history')
    const lock = await lockIn(directory, run, warn)
    const history = new History(directory, join(directory, `${run}.jsonl`), lock, warn)
    await history.#takeOver(run)
    return history
  }

  /** The past pulls, latest first. */
  get past(): readonly PastPull[] {
    return this.#past
  }

  /** The pulls that were interrupted and neither resumed nor removed from the list since, earliest first. */
  get interrupted(): readonly PastPull[] {
    return this.#past.filter(({ id, state }) => state === 'interrupted' && !this.#settled.has(id)).reverse()
  }

  /** Notes that an interrupted pull was resumed, or is not to be listed any more. */
  settle(id: string): void {
    if (this.#settled.has(id)) return
    this.#settled.add(id)
    this.#append({ type: 'settled', id })
  }

  /** Notes that a pull was started. */
  started(entry: StartedEntry): void {
    this.#running.set(entry.id, entry)
    this.#append({ type: 'start', ...entry })
  }

  /** Notes that a pull has ended. */
  ended(pull: PastPull): void {
    this.#running.delete(pull.id)
    this.#past = [pull, ...this.#past].slice(0, historySize)
    this.#append({ type: 'end', pull })
  }

  /** Writes what is left and releases the file. */
  async close(): Promise<void> {
    await this.#writing
    await this.lock?.release({ remove: true })
  }

  #append(line: HistoryLine): void {
    if (!this.lock) return
    this.#pending.push(line)
    if (this.#pending.length > 1) return
    this.#writing = this.#writing
      .then(() => this.#write())
      .catch((error: unknown) => {
        const reason = error instanceof Error ? error.message : String(error)
        this.warn(`Failed to write the history of pulls: ${reason}`)
      })
  }

  /** Writes the lines that were appended since the last write. */
  async #write(): Promise<void> {
    const lines = this.#pending.splice(0)
    this.#lines += lines.length
    if (this.#lines > 3 * historySize) return this.#rewrite()
    // A line that was cut off, for example on a full disk, must not take the next one with it.
    const text = (this.#isTorn ? '\n' : '') + lines.map((line) => `${JSON.stringify(line)}\n`).join('')
    this.#isTorn = true
    await appendFile(this.file, text, { mode: 0o600 })
    this.#isTorn = false
    return undefined
  }

  /** Replaces the own file by one without what is no longer needed. */
  async #rewrite(): Promise<void> {
    const lines: HistoryLine[] = [
      ...[...this.#past].reverse().map((pull): HistoryLine => ({ type: 'end', pull })),
      ...[...this.#running.values()].map((entry): HistoryLine => ({ type: 'start', ...entry })),
      ...this.#past
        .filter(({ id }) => this.#settled.has(id))
        .map(({ id }): HistoryLine => ({ type: 'settled', id })),
    ]
    await writeFile(`${this.file}.new`, lines.map((line) => `${JSON.stringify(line)}\n`).join(''), {
      mode: 0o600,
    })
    await rename(`${this.file}.new`, this.file)
    this.#lines = lines.length
    this.#isTorn = false
  }

  /** Takes the entries of servers that have ended into the own file, then removes theirs. */
  async #takeOver(run: string): Promise<void> {
    const taken: string[] = []
    const past = new Map<string, PastPull>()
    const locks: FileLock[] = []
    for (const name of await readdir(this.directory).catch(() => [])) {
      const other = /^(.+)\.jsonl$/.exec(name)?.[1]
      if (other === undefined || other === run) continue
      const lock = this.lock && (await FileLock.take(join(this.directory, `${other}.lock`)))
      const path = join(this.directory, name)
      const read = await readPulls(path, lock !== undefined)
      for (const pull of read.pulls) past.set(pull.id, pull)
      for (const id of read.settled) this.#settled.add(id)
      if (!lock) continue // its server runs
      locks.push(lock)
      taken.push(path)
    }
    this.#past = [...past.values()].sort((a, b) => b.endedAt - a.endedAt).slice(0, historySize)
    if (!this.lock) return
    await this.#rewrite()
    for (const path of taken) await unlink(path).catch(() => undefined)
    for (const lock of locks) await lock.release({ remove: true })
  }
}

/** Reads the pulls of a file. `isDead`: pulls without an end were interrupted. Lines that cannot be read are skipped. */
async function readPulls(
  path: string,
  isDead: boolean,
): Promise<{ readonly pulls: readonly PastPull[]; readonly settled: ReadonlySet<string> }> {
  const ended: PastPull[] = []
  const open = new Map<string, StartedEntry>()
  const settledIds = new Set<string>()
  let last = 0
  for (const text of (await readFile(path, 'utf8').catch(() => '')).split('\n')) {
    const line = parse(text)
    if (!line) continue
    if (line.type === 'settled') settledIds.add(line.id)
    else if (line.type === 'start') open.set(line.id, line)
    else {
      open.delete(line.pull.id)
      ended.push(line.pull)
      last = Math.max(last, line.pull.endedAt)
    }
  }
  const cut = isDead ? [...open.values()].map((entry) => interrupted(entry, last)) : []
  return { pulls: [...ended, ...cut], settled: settledIds }
}

async function makeDirectory(directory: string): Promise<void> {
  try {
    await mkdir(directory, { mode: 0o700 })
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    // The store may not exist yet. A recursive mkdir fails with ENOENT on a read-only file system too, so it is not the first.
    if (code === 'ENOENT') await mkdir(directory, { recursive: true, mode: 0o700 })
    else if (code !== 'EEXIST') throw error
  }
}

/** Takes the lock of this run. Returns undefined, with a warning, if the directory cannot be written to. */
async function lockIn(
  directory: string,
  run: string,
  warn: (message: string) => void,
): Promise<FileLock | undefined> {
  try {
    await makeDirectory(directory)
    const lock = await FileLock.take(join(directory, `${run}.lock`))
    if (!lock) throw new Error(`Another server has the id ${run}`)
    return lock
  } catch (error) {
    if (!isNotWritableError(error)) throw error
    const reason = error instanceof Error ? error.message : String(error)
    warn(`The store cannot be written to, so the server keeps no history, and pulls fail: ${reason}`)
    return undefined
  }
}

function parse(text: string): HistoryLine | undefined {
  try {
    const decoded = HistoryLine.decode(JSON.parse(text))
    return decoded._tag === 'Right' ? decoded.right : undefined
  } catch {
    return undefined
  }
}

const interrupted = ({ id, order, startedAt }: StartedEntry, last: number): PastPull => ({
  ...{ id, order, startedAt, state: 'interrupted', endedAt: Math.max(startedAt, last) },
  ...{ size: null, fetched: null },
  held: { network: 0, unpacking: 0, limit: 0, registry: 0 },
})
