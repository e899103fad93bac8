/** Opens the shared resources of a puller on first use. */
import { isStoreAt, noStoreError } from '../lib/store/index.js'
import type { PullParts } from '../pipelines/pull-stages.js'

/** The shared resources of a puller. They are opened at most once. */
export class LazyParts {
  #parts: Promise<PullParts> | undefined
  #opened: PullParts | undefined

  /**
   * @param directory - returns the directory of the store
   * @param start - opens the resources, and creates the store if it does not exist
   */
  constructor(
    private readonly directory: () => string,
    private readonly start: () => Promise<PullParts>,
  ) {}

  /** Opens the resources, and creates the store if it does not exist. @throws STORE_* */
  open(): Promise<PullParts> {
    this.#parts ??= this.start().then((parts) => (this.#opened = parts))
    this.#parts.catch(() => (this.#parts = undefined)) // the next call tries again
    return this.#parts
  }

  /** The resources, if they are open. */
  get opened(): PullParts | undefined {
    return this.#opened
  }

  /** Opens the resources only if the store exists. @throws STORE_CORRUPT when it does not; errors of `open` */
  async openExisting(): Promise<PullParts> {
    if (!(await this.storeExists())) throw noStoreError(this.directory())
    return this.open()
  }

  /** Reports whether the store exists. */
  async storeExists(): Promise<boolean> {
    return this.#parts !== undefined || isStoreAt(this.directory())
  }

  /** Returns the resources if they are open or being opened; undefined otherwise, or if opening failed. */
  async ifOpened(): Promise<PullParts | undefined> {
    return this.#parts?.catch(() => undefined)
  }

  /** Closes the threads and the store, if they are open. */
  async close(): Promise<void> {
    const parts = await this.ifOpened()
    await parts?.pool.close()
    await parts?.store.close()
  }
}
