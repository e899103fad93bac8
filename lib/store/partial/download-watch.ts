/**
 * Watches a download that another process holds, for who waits to have it: says who holds it, and when it has stood still
 * for so long that waiting is of no use.
 */
import { readdir } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { WindlassError } from '../../errors.js'
import type { Digest } from '../../image/index.js'
import { lstatIfThere } from '../../system/files.js'
import { holderHint, holderWords, type LockHolder, lockHolder } from '../locks/lock-holder.js'
import { readIfRegular } from '../files/read-regular.js'
import { unlessMissing } from '../files/store-error.js'

/** Milliseconds. Specs shorten them. */
export const downloadPatience = {
  /** Before it is told who holds the download. */
  notice: 2_000,
  /** Without a byte, after which the download is made apart. */
  stalled: 10_000,
  /** In all, however it progresses. */
  total: 3_600_000,
  /** Between two looks. */
  interval: 250,
}

/** What who waits for a download is told. */
export interface HeldDownload {
  readonly digest: Digest
  readonly code: 'download-held' | 'download-apart'
  readonly message: string
}

export interface DownloadWatchOptions {
  readonly digest: Digest
  /** Of the partial download. Its lock stands beside it. */
  readonly path: string
  /** Of the whole blob, in bytes, where that is known. */
  readonly size: number | undefined
  readonly onHeld: (held: HeldDownload) => void
}

export class DownloadWatch {
  readonly #options: DownloadWatchOptions
  readonly #began = performance.now()
  #looked = -Infinity
  #reported = false
  #received = ''
  #cameAt = performance.now()

  constructor(options: DownloadWatchOptions) {
    this.#options = options
  }

  /** True once the download is to be made apart. @throws WindlassError STORE_LOCKED where the wait has been too long in all */
  async isStuck(): Promise<boolean> {
    const now = performance.now()
    if (now - this.#looked < downloadPatience.interval) return false
    this.#looked = now
    const { path, digest } = this.#options
    const holder = await lockHolder(`${path}.lock`)
    const waited = now - this.#began
    if (waited >= downloadPatience.notice && !this.#reported) {
      this.#reported = true
      const message = `${holderWords(holder)} is downloading ${digest} and holds it: waiting for it`
      this.#options.onHeld({ digest, code: 'download-held', message })
    }
    if (waited >= downloadPatience.total) throw locked(digest, path, waited, holder)
    const received = await this.#progress(holder)
    if (received !== this.#received) this.#cameAt = now
    this.#received = received
    if (now - this.#cameAt < downloadPatience.stalled) return false
    const message = `${holderWords(holder)} holds the download of ${digest}, of which nothing has come for ${seconds(now - this.#cameAt)} s: downloading it apart`
    this.#options.onHeld({ digest, code: 'download-apart', message })
    return true
  }

  /**
   * Changes with every byte that comes to the holder, of this download or of another: one that waits for its turn in a
   * process that is at work will have it. A process that has the whole blob, and was not stopped, is unpacking it.
   */
  async #progress({ pid, stopped }: LockHolder): Promise<string> {
    const { path, size } = this.#options
    const own = (await lstatIfThere(path))?.size ?? 0
    const signature = await readIfRegular(`${path}.lock`)
    const folder = dirname(path)
    let bytes = 0
    for (const name of (await unlessMissing(readdir(folder))) ?? []) {
      if (!name.endsWith('.lock')) continue
      const other = join(folder, name)
      if (signature === undefined || (await readIfRegular(other)) !== signature) continue
      bytes += (await lstatIfThere(other.slice(0, -'.lock'.length)))?.size ?? 0
    }
    const unpacking = own > 0 && own === size && pid !== undefined && !stopped
    return `${pid ?? ''} ${signature ?? ''} ${own} ${bytes} ${unpacking ? performance.now() : ''}`
  }
}

const seconds = (ms: number): string => (ms / 1_000).toFixed(0)

const locked = (digest: Digest, path: string, waited: number, holder: LockHolder): WindlassError =>
  new WindlassError(
    'STORE_LOCKED',
    `Waited ${seconds(waited)} s for the download of ${digest}, which ${holderWords(holder)} holds`,
    { digest, path: `${path}.lock`, hint: holderHint(holder, `${path}.lock`) },
  )
