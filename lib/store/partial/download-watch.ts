/** Watches a download that another process has locked: reports that process, and detects that the download is stuck. */
import { readdir } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { WindlassError } from '../../errors.js'
import { formatElapsed } from '../../quantities.js'
import type { Digest } from '../../image/index.js'
import { lstatIfExists } from '../../system/files.js'
import { holderHint, describeHolder, type LockHolder, findLockHolder } from '../locks/lock-holder.js'
import { readIfRegular } from '../files/read-regular.js'
import { ignoreMissing } from '../files/store-error.js'

/** Times of the wait for a locked download, in milliseconds. Tests shorten them. */
export const downloadWaitMs = {
  /** Until the holder is reported. */
  notice: 2_000,
  /** Without progress, until the download counts as stuck. */
  stalled: 10_000,
  /** Until the wait fails, regardless of progress: one hour. */
  total: 3_600_000,
  /** Between two checks. */
  interval: 250,
}

/** A message about a download that another process has locked. */
export interface HeldDownload {
  readonly digest: Digest
  /** `download-held`: this process waits. `download-apart`: this process starts a separate download. */
  readonly code: 'download-held' | 'download-apart'
  readonly message: string
}

/** Options of a `DownloadWatch`. */
export interface DownloadWatchOptions {
  readonly digest: Digest
  /** Path of the partial download. Its lock file is next to it. */
  readonly path: string
  /** Size of the whole blob in bytes, if known. */
  readonly size: number | undefined
  /** Receives the messages about the holder. */
  readonly onHeld: (held: HeldDownload) => void
}

/** Watches one download. */
export class DownloadWatch {
  readonly #options: DownloadWatchOptions
  readonly #began = performance.now()
  #checkedAt = -Infinity
  #reported = false
  #lastProgressKey = ''
  #progressedAt = performance.now()

  constructor(options: DownloadWatchOptions) {
    this.#options = options
  }

  /**
   * Reports whether the download is stuck, so that the caller should start a separate one. Call it repeatedly.
   * @throws WindlassError STORE_LOCKED after the maximum wait
   */
  async isStuck(): Promise<boolean> {
    const now = performance.now()
    if (now - this.#checkedAt < downloadWaitMs.interval) return false
    this.#checkedAt = now
    const { path, digest } = this.#options
    const holder = await findLockHolder(`${path}.lock`)
    const waited = now - this.#began
    if (waited >= downloadWaitMs.notice && !this.#reported) {
      this.#reported = true
      const message = `Waiting for ${describeHolder(holder)}, which is downloading ${digest}`
      this.#options.onHeld({ digest, code: 'download-held', message })
    }
    if (waited >= downloadWaitMs.total) throw lockedError(digest, path, waited, holder)
    const progressKey = await this.#progressKey(holder)
    if (progressKey !== this.#lastProgressKey) this.#progressedAt = now
    this.#lastProgressKey = progressKey
    if (now - this.#progressedAt < downloadWaitMs.stalled) return false
    const message = `Downloading ${digest} separately: ${describeHolder(holder)} has the download and made no progress for ${formatElapsed(now - this.#progressedAt)}`
    this.#options.onHeld({ digest, code: 'download-apart', message })
    return true
  }

  /**
   * Returns a text that changes whenever the holder makes progress. Bytes of its other downloads count, because this
   * one may be queued behind them. If the holder has the whole blob and is not suspended (SIGSTOP), it is unpacking the
   * blob: the text then changes with every call.
   */
  async #progressKey({ pid, stopped }: LockHolder): Promise<string> {
    const { path, size } = this.#options
    const ownBytes = (await lstatIfExists(path))?.size ?? 0
    const holderText = await readIfRegular(`${path}.lock`)
    const folder = dirname(path)
    let holderBytes = 0
    for (const name of (await ignoreMissing(readdir(folder))) ?? []) {
      if (!name.endsWith('.lock')) continue
      const otherPath = join(folder, name)
      if (holderText === undefined || (await readIfRegular(otherPath)) !== holderText) continue
      holderBytes += (await lstatIfExists(otherPath.slice(0, -'.lock'.length)))?.size ?? 0
    }
    const isUnpacking = ownBytes > 0 && ownBytes === size && pid !== undefined && !stopped
    return `${pid ?? ''} ${holderText ?? ''} ${ownBytes} ${holderBytes} ${isUnpacking ? performance.now() : ''}`
  }
}

const lockedError = (digest: Digest, path: string, waited: number, holder: LockHolder): WindlassError =>
  new WindlassError(
    'STORE_LOCKED',
    `Waited ${formatElapsed(waited)} for the download of ${digest}, which ${describeHolder(holder)} holds`,
    { digest, path: `${path}.lock`, hint: holderHint(holder, `${path}.lock`) },
  )
