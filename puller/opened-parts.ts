/** What a puller's pulls share, opened when it is first needed: by who may make a store, or by who only looks into one. */
import { isStoreAt, noStore } from '../lib/store/index.js'
import type { PullParts } from '../pipelines/pull-stages.js'

export class OpenedParts {
  #parts: Promise<PullParts> | undefined

  /** @param start - opens the store at `directory`, making it where there is none */
  constructor(
    private readonly directory: () => string,
    private readonly start: () => Promise<PullParts>,
  ) {}

  /** Opens the store, making it where there is none. @throws STORE_* */
  open(): Promise<PullParts> {
    this.#parts ??= this.start()
    this.#parts.catch(() => (this.#parts = undefined)) // a store that could not be opened may be next time
    return this.#parts
  }

  /** Opens the store. @throws STORE_CORRUPT where there is none, and as `open` */
  async openThere(): Promise<PullParts> {
    if (!(await this.isThere())) throw noStore(this.directory())
    return this.open()
  }

  /** Whether there is a store. */
  async isThere(): Promise<boolean> {
    return this.#parts !== undefined || isStoreAt(this.directory())
  }

  /** What is open, or about to be; undefined where nothing is, or could not be opened. */
  async opened(): Promise<PullParts | undefined> {
    return this.#parts?.catch(() => undefined)
  }
}
