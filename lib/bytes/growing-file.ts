/**
 * A file that is still being written and may be read from its start meanwhile: what stands between a download and
 * whoever unpacks behind it. It says how far it has come, and whether its bytes are verified; until then nothing that
 * was read from it may count.
 */
import { constants } from 'node:fs'
import { BehaviorSubject, type Observable } from 'rxjs'
import { asWindlassError, WindlassError } from '../errors.js'
import { type PooledFile, openLarge } from '../system/files.js'
import { fileFailure } from '../system/file-failure.js'
import { Verifier, type Expected, type Verified } from './verifier.js'

/** It moves to the right; only a restart goes back, to `growing`. */
export type GrowingPhase = 'growing' | 'arrived' | 'verified' | 'failed'

export interface GrowingState {
  readonly path: string
  /** Bytes that can be read. */
  readonly length: number
  /** Counts the restarts: bytes of another generation are other bytes. */
  readonly generation: number
  readonly phase: GrowingPhase
  /** With `failed`. */
  readonly error?: WindlassError
}

export interface GrowingOptions {
  readonly expected: Expected
  readonly what?: Verified
}

const rereadBytes = 1024 * 1024
const order = { growing: 0, arrived: 1, verified: 2, failed: 3 } as const

export class GrowingFile {
  readonly path: string
  readonly #file: PooledFile
  readonly #options: GrowingOptions
  readonly #states: BehaviorSubject<GrowingState>
  #verifier: Verifier
  #closing: Promise<void> | undefined

  private constructor(path: string, file: PooledFile, options: GrowingOptions) {
    this.path = path
    this.#file = file
    this.#options = options
    this.#verifier = new Verifier(options.expected, options.what)
    this.#states = new BehaviorSubject<GrowingState>({ path, length: 0, generation: 0, phase: 'growing' })
  }

  /**
   * Opens `path`, or makes it. Bytes that are there are read once, to be verified with those that follow; a file
   * longer than expected is emptied. `state.length` says from where to go on.
   * @throws WindlassError STORE_*
   */
  static async open(path: string, options: GrowingOptions): Promise<GrowingFile> {
    // A link in the place of a download would have it written somewhere else.
    const flags = constants.O_RDWR | constants.O_CREAT | constants.O_NOFOLLOW
    const handle = await trying('Opening a download', path, () => openLarge(path, flags, 0o600))
    const file = new GrowingFile(path, handle, options)
    try {
      await trying('Reading a partial download', path, () => file.#reread())
      return file
    } catch (error) {
      await handle.close()
      throw error
    }
  }

  get state(): GrowingState {
    return this.#states.value
  }

  /** The present state, then each that follows; completes when the file is closed. Never fails: `failed` is a phase. */
  get states(): Observable<GrowingState> {
    return this.#states.asObservable()
  }

  /**
   * Writes `chunks` at the end, and answers with how many bytes they are. One call at a time: await it before the next,
   * that is the backpressure.
   * @throws WindlassError SIZE_MISMATCH before a byte too many is written; STORE_FULL and other STORE_*
   */
  async append(chunks: readonly Uint8Array[]): Promise<number> {
    const { length, phase } = this.state
    if (phase !== 'growing')
      throw new WindlassError('INTERNAL', `${this.path} is ${phase} and takes no more bytes`)
    for (const chunk of chunks) this.#verifier.update(chunk)
    const bytes = chunks.reduce((sum, chunk) => sum + chunk.length, 0)
    await trying('Writing a download', this.path, () => this.#write(chunks, bytes, length))
    this.#next({ length: length + bytes })
    return bytes
  }

  /** Empties the file: the bytes come again, from the first (a new generation). */
  async truncate(): Promise<void> {
    this.#verifier = new Verifier(this.#options.expected, this.#options.what)
    // Told first: whoever reads must have let go before the bytes are gone.
    this.#next({ length: 0, phase: 'growing', generation: this.state.generation + 1 })
    await trying('Emptying a download', this.path, () => this.#file.truncate(0))
  }

  /** All bytes are here. Not yet a word on whether they are the right ones. */
  finish(): void {
    if (this.state.phase === 'growing') this.#next({ phase: 'arrived' })
  }

  /**
   * Checks size and digest; what follows it may count. A mismatch changes nothing: `truncate` or `fail`, as the caller
   * knows better whether the bytes are worth another attempt.
   * @throws WindlassError SIZE_MISMATCH, DIGEST_MISMATCH
   */
  verify(): void {
    if (this.state.phase === 'verified') return
    this.#verifier.check()
    this.#next({ phase: 'verified' })
  }

  /** Whether the bytes that are here have the digest that is expected, whatever their number. */
  hasDigest(): boolean {
    return this.#verifier.hasDigest()
  }

  /** Gives up: whoever waits gets `error`. After `verified` it says nothing. */
  fail(error: unknown): void {
    const { phase } = this.state
    if (phase !== 'verified' && phase !== 'failed')
      this.#next({ phase: 'failed', error: asWindlassError(error) })
  }

  /**
   * Resolves when the file has come as far as `phase`.
   * @throws what the file failed with; CANCELLED if `signal` aborts
   */
  waitFor(phase: 'arrived' | 'verified', signal?: AbortSignal): Promise<GrowingState> {
    return new Promise((resolve, reject) => {
      const leave = (): void => {
        subscription.unsubscribe()
        signal?.removeEventListener('abort', abort)
      }
      const abort = (): void => {
        leave()
        reject(
          new WindlassError('CANCELLED', `Waiting for ${this.path} was cancelled`, { cause: signal?.reason }),
        )
      }
      const look = (state: GrowingState): void => {
        if (state.phase === 'failed') reject(state.error)
        else if (order[state.phase] >= order[phase]) resolve(state)
        else return
        queueMicrotask(leave)
      }
      const subscription = this.#states.subscribe(look)
      if (signal?.aborted === true) abort()
      else signal?.addEventListener('abort', abort, { once: true })
    })
  }

  /** Brings the bytes to the disk itself. */
  async sync(): Promise<void> {
    await trying('Syncing a download', this.path, () => this.#file.datasync())
  }

  /** Closes the file; if it is not verified by now it has failed (CANCELLED). The file itself stays. */
  close(): Promise<void> {
    this.fail(new WindlassError('CANCELLED', `The download to ${this.path} was given up`))
    this.#closing ??= this.#file.close().finally(() => this.#states.complete())
    return this.#closing
  }

  #next(change: Partial<GrowingState>): void {
    this.#states.next({ ...this.state, ...change })
  }

  async #write(chunks: readonly Uint8Array[], bytes: number, position: number): Promise<void> {
    for (let written = 0; written < bytes;) {
      written += await this.#file.write(after(chunks, written), position + written)
    }
  }

  async #reread(): Promise<void> {
    const { size } = await this.#file.stat()
    if (size === 0) return
    if (size > this.#options.expected.size) {
      await this.#file.truncate(0)
      return
    }
    const buffer = Buffer.allocUnsafe(Math.min(rereadBytes, size))
    let length = 0
    while (length < size) {
      const bytesRead = await this.#file.read(buffer, length)
      if (bytesRead === 0) break
      this.#verifier.update(buffer.subarray(0, bytesRead))
      length += bytesRead
    }
    this.#next({ length })
  }
}

/** What is left of `chunks` after their first `written` bytes. */
function after(chunks: readonly Uint8Array[], written: number): Uint8Array[] {
  let before = 0
  return chunks.flatMap((chunk) => {
    const skipped = Math.min(chunk.length, Math.max(0, written - before))
    before += chunk.length
    return skipped < chunk.length ? [chunk.subarray(skipped)] : []
  })
}

async function trying<T>(doing: string, path: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    throw fileFailure(error, doing, path)
  }
}
