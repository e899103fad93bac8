/** Watches a download that another process holds: reports the holder, and detects that the download is stuck. */
import { readdir } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { WindlassError } from '../../errors.js'
import { formatElapsed } from '../../quantities.js'
import type { Digest } from '../../image/index.js'
import { lstatIfThere } from '../../system/files.js'
import { holderHint, describeHolder, type LockHolder, lockHolder } from '../locks/lock-holder.js'
import { readIfRegular } from '../files/read-regular.js'
import { ignoreMissing } from '../files/store-error.js'

/** Times in milliseconds. Specs shorten them. */
export const downloadWaits = {
  /** Before the holder is reported. */
  notice: 2_000,
  /** Without a byte, before a separate download starts. */
  stalled: 10_000,
  /** Maximum wait, regardless of progress. */
  total: 3_600_000,
  /** Between two checks. */
  interval: 250,
}

/** A message about a download that another process holds. */
export interface HeldDownload {
  readonly digest: Digest
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

/** Watches one held download. */
export class DownloadWatch {
  readonly #options: DownloadWatchOptions
  readonly #began = performance.now()
  #checkedAt = -Infinity
  #reported = false
  #received = ''
  #progressedAt = performance.now()

  constructor(options: DownloadWatchOptions) {
    this.#options = options
  }

  /**
   * Returns true when the download is stuck and the caller should start its own.
   * @throws WindlassError STORE_LOCKED after the maximum wait
   */
  async isStuck(): Promise<boolean> {
    const now = performance.now()
    if (now - this.#checkedAt < downloadWaits.interval) return false
    this.#checkedAt = now
    const { path, digest } = this.#options
    const holder = await lockHolder(`${path}.lock`)
    const waited = now - this.#began
    if (waited >= downloadWaits.notice && !this.#reported) {
      this.#reported = true
      const message = `Waiting for ${describeHolder(holder)}, which is downloading ${digest}`
      this.#options.onHeld({ digest, code: 'download-held', message })
    }
    if (waited >= downloadWaits.total) throw lockedError(digest, path, waited, holder)
    const received = await this.#progressKey(holder)
    if (received !== this.#received) this.#progressedAt = now
    this.#received = received
    if (now - this.#progressedAt < downloadWaits.stalled) return false
    const message = `Downloading ${digest} separately: ${describeHolder(holder)} has the download and made no progress for ${formatElapsed(now - this.#progressedAt)}`
    this.#options.onHeld({ digest, code: 'download-apart', message })
    return true
  }

  /**
   * Returns a value that changes with every byte that the holder downloads, for this blob or another: while the process
   * downloads other blobs, this download waits in its queue and is not stuck. A process that has the whole blob and is not
   * stopped is unpacking it, so the value then changes with every call.
   */
  async #progressKey({ pid, stopped }: LockHolder): Promise<string> {
    const { path, size } = this.#options
    const own = (await lstatIfThere(path))?.size ?? 0
    const signature = await readIfRegular(`${path}.lock`)
    const folder = dirname(path)
    let bytes = 0
    for (const name of (await ignoreMissing(readdir(folder))) ?? []) {
      if (!name.endsWith('.lock')) continue
      const other = join(folder, name)
      if (signature === undefined || (await readIfRegular(other)) !== signature) continue
      bytes += (await lstatIfThere(other.slice(0, -'.lock'.length)))?.size ?? 0
    }
    const unpacking = own > 0 && own === size && pid !== undefined && !stopped
    return `${pid ?? ''} ${signature ?? ''} ${own} ${bytes} ${unpacking ? performance.now() : ''}`
  }
}

const lockedError = (digest: Digest, path: string, waited: number, holder: LockHolder): WindlassError =>
  new WindlassError(
    'STORE_LOCKED',
    `Waited ${formatElapsed(waited)} for the download of ${digest}, which ${describeHolder(holder)} holds`,
    { digest, path: `${path}.lock`, hint: holderHint(holder, `${path}.lock`) },
  )
