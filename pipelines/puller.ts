/**
 * The composition root: one store, one set of connections and tokens, one limit on transfers and on unpacking,
 * shared by every pull that is asked of it.
 */
import { UnpackPool, type WhiteoutForm, hostWhiteoutForm } from '../lib/archive/index.js'
import { WindlassError } from '../lib/errors.js'
import { Flow, Scope } from '../lib/flow/index.js'
import { formatPlatform } from '../lib/image/index.js'
import { Registries } from '../lib/registry/index.js'
import {
  LayerFlights,
  assemble,
  type LayerGoal,
  type PulledImage,
  type RetryPolicy,
  defaultRetryPolicy,
  downloadSlots,
  unpackSlots,
} from '../lib/stages/index.js'
import { Store } from '../lib/store/index.js'
import { credentialsFor } from './credentials.js'
import { fetch } from './fetch.js'
import { type ImageSummary, listImages } from './images.js'
import { type Inspection, inspect } from './inspect.js'
import { type OpenOptions, type PullOptions, defaultUnpacks, storeDirectory } from './options.js'
import { pull } from './pull.js'
import { type Pull, PullRun } from './pull-run.js'
import { type PullParts, type PullStages, pullStages } from './pull-stages.js'
import { locate } from './request.js'
import { listTags } from './tags.js'

/** Opens a puller. Nothing is touched before it is needed: `inspect` and `tags` make no store. */
export async function open(options: OpenOptions = {}): Promise<Windlass> {
  const { ca, insecureTls, plainHttp, userAgent, stallTimeout } = options
  const registries = new Registries({
    credentials: await credentialsFor(options),
    ...(ca !== undefined && { ca }),
    ...(insecureTls !== undefined && { insecureTls }),
    ...(plainHttp !== undefined && { plainHttp }),
    ...(userAgent !== undefined && { userAgent }),
    ...(stallTimeout !== undefined && { timeouts: { stall: stallTimeout } }),
  })
  return new Windlass(options, registries)
}

export class Windlass {
  readonly #options: OpenOptions
  readonly #retry: RetryPolicy
  readonly #registries: Registries
  readonly #lifetime = new Scope()
  readonly #pulls = new Set<Pull>()
  #parts: Promise<PullParts & { readonly pool: UnpackPool }> | undefined
  #closed = false

  /** @internal `open` makes these. */
  constructor(options: OpenOptions, registries: Registries) {
    this.#options = options
    const { retries = defaultRetryPolicy.attempts, retryDelay = defaultRetryPolicy.delay } = options
    this.#retry = { ...defaultRetryPolicy, attempts: retries, delay: retryDelay }
    this.#registries = registries
  }

  /** The store's directory. */
  get store(): string {
    return storeDirectory(this.#options)
  }

  /**
   * Starts a pull: fetches what is missing of an image, verifies it, unpacks it and commits it to the store.
   *
   * @param name as Docker names images, or `oci:DIR[:NAME]`.
   * @throws REFERENCE_INVALID, PLATFORM_INVALID: before any traffic (S0-02). All else rejects `done`.
   */
  pull(name: string, options: PullOptions = {}): Pull {
    this.#mustBeOpen()
    const request = locate(name, options.platform, this.#registries)
    const { unpack = true, discardBlobs = false, rootfs, signal } = options
    const started = new PullRun({
      start: { type: 'start', reference: request.name, platform: formatPlatform(request.platform) },
      signal,
      prepare: async () => {
        const parts = await this.#open()
        const goal: LayerGoal = {
          unpack,
          form: options.whiteouts ?? (await hostWhiteoutForm(parts.store.directory)),
          keepBlobs: !discardBlobs || !unpack,
        }
        const stages = this.#stagesFor(parts, goal, options.stages)
        const image = Flow.of(request).pipe(unpack ? pull(stages) : fetch(stages))
        return rootfs === undefined ? image : image.pipe(assemble({ ...parts, directory: rootfs }))
      },
    })
    this.#pulls.add(started)
    // Not before it is cleared away: `close` waits for that too.
    void started.closed().finally(() => this.#pulls.delete(started))
    return started
  }

  /** Puts an image's layers together into one tree in `directory`; pulls what is missing of it first. */
  unpack(name: string, directory: string, options: Omit<PullOptions, 'rootfs'> = {}): Pull {
    return this.pull(name, { ...options, rootfs: directory })
  }

  /** An image's manifest and config; no layer is requested and no store is made. */
  inspect(
    name: string,
    options: { readonly platform?: string; readonly manifestOnly?: boolean } = {},
  ): Promise<Inspection> {
    this.#mustBeOpen()
    const request = locate(name, options.platform, this.#registries)
    return inspect(request, { retry: this.#retry, manifestOnly: options.manifestOnly ?? false })
  }

  /** The tags of a repository, page by page. */
  tags(repository: string, options: { readonly signal?: AbortSignal } = {}): AsyncIterable<string> {
    this.#mustBeOpen()
    return listTags(repository, this.#registries, options)
  }

  /** The images of the store. */
  async images(): Promise<ImageSummary[]> {
    this.#mustBeOpen()
    return listImages((await this.#open()).store)
  }

  /** Cancels what is under way and waits until nothing is left of it. */
  async close(): Promise<void> {
    if (this.#closed) return
    this.#closed = true
    const pulls = [...this.#pulls]
    for (const each of pulls) each.cancel()
    await Promise.all(pulls.map((each) => each.closed()))
    await this.#lifetime.close()
    const parts = await this.#parts?.catch(() => undefined)
    await parts?.pool.close()
    await parts?.store.close()
    await this.#registries.close()
  }

  #stagesFor(parts: PullParts, goal: LayerGoal, own: PullOptions['stages']): PullStages {
    if (!own) return pullStages(parts, goal)
    // A layer that came down somebody else's line has not seen the stages of this one.
    return own(pullStages({ ...parts, flights: new LayerFlights() }, goal))
  }

  #open(): Promise<PullParts & { readonly pool: UnpackPool }> {
    this.#parts ??= this.#build()
    this.#parts.catch(() => (this.#parts = undefined)) // a store that could not be opened may be next time
    return this.#parts
  }

  async #build(): Promise<PullParts & { readonly pool: UnpackPool }> {
    const { maxDownloads = 3, maxUnpacks = defaultUnpacks() } = this.#options
    const store = await Store.open(this.store, { create: true })
    const pool = new UnpackPool({ workers: maxUnpacks })
    return {
      store,
      pool,
      retry: this.#retry,
      flights: new LayerFlights(),
      downloads: downloadSlots(maxDownloads, this.#retry, this.#lifetime),
      unpacks: unpackSlots(maxUnpacks, { store, pool }, this.#lifetime),
      layerSlots: maxDownloads + maxUnpacks + 1,
    }
  }

  #mustBeOpen(): void {
    if (this.#closed) throw new WindlassError('USAGE', 'This puller is closed')
  }
}

export type { WhiteoutForm, PulledImage }
