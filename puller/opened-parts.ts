/** Opens the shared resources of a puller on first use. */
import { isStoreAt, noStoreError } from '../lib/store/index.js'
import type { PullParts } from '../pipelines/pull-stages.js'

/** The resources that all pulls of a puller share. */
export class OpenedParts {
  #parts: Promise<PullParts> | undefined

  /** @param start - opens the store at `directory`, and creates it if it does not exist */
  constructor(
    private readonly directory: () => string,
    private readonly start: () => Promise<PullParts>,
  ) {}

  /** Opens the store, and creates it if it does not exist. @throws STORE_* */
  open(): Promise<PullParts> {
    this.#parts ??= this.start()
    this.#parts.catch(() => (this.#parts = undefined)) // the next call tries again
    return this.#parts
  }

  /** Opens the existing store. @throws STORE_CORRUPT when there is none; as `open` */
  async openThere(): Promise<PullParts> {
    if (!(await this.isThere())) throw noStoreError(this.directory())
    return this.open()
  }

  /** Reports whether the store exists. */
  async isThere(): Promise<boolean> {
    return this.#parts !== undefined || isStoreAt(this.directory())
  }

  /** Returns the resources if they are open or being opened; undefined otherwise, or if opening failed. */
  async opened(): Promise<PullParts | undefined> {
    return this.#parts?.catch(() => undefined)
  }
}
