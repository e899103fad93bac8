/**
 * A file that can be read from its start while it is written. It connects a download with the unpacking of its bytes,
 * and reports its length and whether its bytes are verified. Do not use results of the bytes before the bytes are
 * verified.
 */
import { constants } from 'node:fs'
import { BehaviorSubject, type Observable } from 'rxjs'
import { asWindlassError, WindlassError } from '../errors.js'
import { type PooledFile, openLarge } from '../system/files.js'
import { fileFailure } from '../system/file-failure.js'
import { Verifier, type Expected, type ContentKind } from './verifier.js'

/** The phases in order. Only `truncate` returns to `growing`. */
export type GrowingPhase = 'growing' | 'arrived' | 'verified' | 'failed'

/** The state of a `GrowingFile`. */
export interface GrowingState {
  readonly path: string
  /** Number of bytes that can be read. */
  readonly length: number
  /** Number of calls of `truncate`. The bytes of different generations are unrelated. */
  readonly generation: number
  readonly phase: GrowingPhase
  /** Set when `phase` is `failed`. */
  readonly error?: WindlassError
}

/** Options of a `GrowingFile`. */
export interface GrowingOptions {
  readonly expected: Expected
  /** What the bytes are, for messages. Default: as for `Verifier`. */
  readonly what?: ContentKind
}

const rereadBytes = 1024 * 1024

/** Largest size in bytes of a file that is written in this thread. */
const smallFile = 4 * 1024 * 1024

const phaseOrder = { growing: 0, arrived: 1, verified: 2, failed: 3 } as const

/** A file that is written, verified and followed at the same time. */
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
   * Opens `path`, creating it if needed. Existing bytes are read once and included in the verification; a file longer
   * than expected is truncated to 0. `state.length` is the offset at which to continue.
   * @throws WindlassError STORE_*
   */
  static async open(path: string, options: GrowingOptions): Promise<GrowingFile> {
    // A symbolic link at `path` would redirect the download.
    const flags = constants.O_RDWR | constants.O_CREAT | constants.O_NOFOLLOW
    const handle = await withFileErrors('Opening a download', path, () => openLarge(path, flags, 0o600))
    const file = new GrowingFile(path, handle, options)
    try {
      await withFileErrors('Reading a partial download', path, () => file.#reread())
      return file
    } catch (error) {
      await handle.close()
      throw error
    }
  }

  /** The current state. */
  get state(): GrowingState {
    return this.#states.value
  }

  /**
   * Emits the current state and every later one; completes when the file is closed. Never errors: `failed` is a phase.
   */
  get states(): Observable<GrowingState> {
    return this.#states.asObservable()
  }

  /**
   * Appends `chunks` and returns the number of bytes written. Calls must not overlap; awaiting each call provides
   * backpressure.
   * @throws WindlassError SIZE_MISMATCH before writing more bytes than expected; STORE_FULL and other STORE_*; INTERNAL
   * when the phase is not `growing`
   */
  async append(chunks: readonly Uint8Array[]): Promise<number> {
    const { length, phase } = this.state
    if (phase !== 'growing')
      throw new WindlassError('INTERNAL', `${this.path} is ${phase} and accepts no more bytes`)
    for (const chunk of chunks) this.#verifier.update(chunk)
    const bytes = chunks.reduce((sum, chunk) => sum + chunk.length, 0)
    await withFileErrors('Writing a download', this.path, () => this.#write(chunks, bytes, length))
    this.#changeState({ length: length + bytes })
    return bytes
  }

  /** Empties the file and starts a new generation. */
  async truncate(): Promise<void> {
    this.#verifier = new Verifier(this.#options.expected, this.#options.what)
    // Reported before the truncation, so that readers stop while the bytes still exist.
    this.#changeState({ length: 0, phase: 'growing', generation: this.state.generation + 1 })
    await withFileErrors('Emptying a download', this.path, () => this.#file.truncate(0))
  }

  /** Marks the file as `arrived`: it has all bytes, which are not verified yet. */
  finish(): void {
    if (this.state.phase === 'growing') this.#changeState({ phase: 'arrived' })
  }

  /**
   * Verifies size and digest. A mismatch changes nothing: the caller decides between `truncate` and `fail`.
   * @throws WindlassError SIZE_MISMATCH, DIGEST_MISMATCH
   */
  verify(): void {
    if (this.state.phase === 'verified') return
    this.#verifier.check()
    this.#changeState({ phase: 'verified' })
  }

  /** Reports whether the bytes so far have the expected digest, whatever their number. */
  hasDigest(): boolean {
    return this.#verifier.hasDigest()
  }

  /** Sets the phase `failed`; `waitFor` rejects with `error`. Has no effect after `verified` or `failed`. */
  fail(error: unknown): void {
    const { phase } = this.state
    if (phase !== 'verified' && phase !== 'failed')
      this.#changeState({ phase: 'failed', error: asWindlassError(error) })
  }

  /**
   * Resolves when the file has reached `phase`.
   * @throws WindlassError the error of the file if it fails; CANCELLED when `signal` aborts
   */
  waitFor(phase: 'arrived' | 'verified', signal?: AbortSignal): Promise<GrowingState> {
    return new Promise((resolve, reject) => {
      const unsubscribe = (): void => {
        subscription.unsubscribe()
        signal?.removeEventListener('abort', abort)
      }
      const abort = (): void => {
        unsubscribe()
        reject(
          new WindlassError('CANCELLED', `Waiting for ${this.path} was cancelled`, { cause: signal?.reason }),
        )
      }
      const onState = (state: GrowingState): void => {
        if (state.phase === 'failed') reject(state.error)
        else if (phaseOrder[state.phase] >= phaseOrder[phase]) resolve(state)
        else return
        queueMicrotask(unsubscribe)
      }
      const subscription = this.#states.subscribe(onState)
      if (signal?.aborted === true) abort()
      else signal?.addEventListener('abort', abort, { once: true })
    })
  }

  /** Flushes the bytes to the disk. */
  async sync(): Promise<void> {
    await withFileErrors('Syncing a download', this.path, () => this.#file.datasync())
  }

  /** Closes the file, which stays on the disk. If it is not verified, its phase becomes `failed` with CANCELLED. */
  close(): Promise<void> {
    this.fail(new WindlassError('CANCELLED', `The download to ${this.path} was abandoned`))
    this.#closing ??= this.#file.close().finally(() => this.#states.complete())
    return this.#closing
  }

  #changeState(change: Partial<GrowingState>): void {
    this.#states.next({ ...this.state, ...change })
  }

  async #write(chunks: readonly Uint8Array[], bytes: number, position: number): Promise<void> {
    const isSmall = this.#options.expected.size <= smallFile
    for (let written = 0; written < bytes;) {
      const [rest, at] = [withoutFirst(chunks, written), position + written]
      written += isSmall ? await this.#file.writeHere(rest, at) : await this.#file.write(rest, at)
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
    this.#changeState({ length })
  }
}

/** Returns `chunks` without their first `written` bytes. */
function withoutFirst(chunks: readonly Uint8Array[], written: number): Uint8Array[] {
  let before = 0
  return chunks.flatMap((chunk) => {
    const skipped = Math.min(chunk.length, Math.max(0, written - before))
    before += chunk.length
    return skipped < chunk.length ? [chunk.subarray(skipped)] : []
  })
}

async function withFileErrors<T>(doing: string, path: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    throw fileFailure(error, doing, path)
  }
}
