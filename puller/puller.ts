/**
 * The composition root: one store, one set of connections and tokens, one limit on transfers and on unpacking,
 * shared by every pull that is asked of it.
 */
import { WindlassError } from '../lib/errors.js'
import { Flow, Scope } from '../lib/flow/index.js'
import { type Limits, limitsWith } from '../lib/limits.js'
import { type TagsRequest, formatPlatform } from '../lib/image/index.js'
import type { Registries } from '../lib/registry/index.js'
import { type ImageRequest, type IndexedImage, type PulledImage, assemble } from '../lib/stages/index.js'
import { type RetryPolicy, againAfter, documentRetryPolicy } from '../lib/transfer/index.js'
import { type Collected, type CollectOptions, noStore } from '../lib/store/index.js'
import { allPlatforms, entryStages, type PulledIndex } from '../pipelines/all-platforms.js'
import { allTags, type PulledTags, type TagsWarning, someTags } from '../pipelines/all-tags.js'
import { type Copy, Copier } from './copier.js'
import { checkArgument, checkOptions } from './options/check-options.js'
import { type ImageSummary, listImages } from '../pipelines/images.js'
import { type Inspection, type InspectRequest, inspect } from '../pipelines/inspect.js'
import { openParts, repairBeforeOpening } from './open-parts.js'
import { OpenedParts } from './opened-parts.js'
import { anyText, path as pathCodec, texts } from './options/option-codecs.js'
import {
  closeTable,
  collectTable,
  inspectTable,
  openTable,
  pullAllTable,
  pullPlatformsTable,
  pullTable,
  signalTable,
  tagsTable,
  unpackTable,
  verifyTable,
} from './options/option-table.js'
import {
  type CloseOptions,
  type CopyOptions,
  type OpenOptions,
  type PullAllOptions,
  type PullOptions,
  storeDirectory,
} from './options/options.js'
import { pullFlow } from './pull-flow.js'
import { type Pull, PullRun } from './pull-run.js'
import type { PullParts } from '../pipelines/pull-stages.js'
import { registriesFor } from './options/registries-for.js'
import { type PullSet, PullSetRun, type PullSetStart } from './pull-set.js'
import { type RemovalOutcome, type RemovedImage, removeImages } from '../pipelines/remove.js'
import { locate } from './names/request.js'
import { type ResolvedName, resolveName } from '../pipelines/resolve.js'
import { latestOrFirst } from '../pipelines/resolve-tag.js'
import { retryPolicy } from './options/retry.js'
import { storedFlow } from './stored-flow.js'
import { StoreWaiting, waitingUntil } from './store-waiting.js'
import { storedImage } from '../pipelines/stored-image.js'
import { type Located, locateAnywhere } from './names/locate-anywhere.js'
import { listTags, repositoryNamed } from './names/tags.js'
import { RunningPulls } from './running-pulls.js'
import type { VerifyOptions, VerifyReport } from '../pipelines/check/verify.js'
import { verifyWith } from '../pipelines/check/verify-with.js'
import { endsWithin } from './within.js'

/**
 * Opens a puller. Nothing is touched before it is needed: `inspect` and `tags` make no store.
 *
 * @throws USAGE for an option that does not exist or a value that it does not take
 */
export async function open(options: OpenOptions = {}): Promise<Windlass> {
  checkOptions('open', openTable, options)
  storeDirectory(options) // a wrong variable is said before anything is done
  const registries = await registriesFor(options)
  return new Windlass(options, registries)
}

/**
 * A puller: one store, one set of connections, one limit on what runs at once, shared by all its pulls. `open` makes one.
 */
export class Windlass implements AsyncDisposable {
  readonly #options: OpenOptions
  /** For manifests and configs. */
  readonly #retry: RetryPolicy
  readonly #registries: Registries
  readonly #limits: Limits
  readonly #lifetime = new Scope()
  readonly #copier: Copier
  readonly #pulls = new RunningPulls(() => this.#release())
  readonly #parts: OpenedParts
  readonly #waiting: StoreWaiting
  #closing: Promise<void> | undefined

  /** @internal `open` makes these. */
  constructor(options: OpenOptions, registries: Registries) {
    this.#options = options
    this.#waiting = new StoreWaiting(options.onWarning)
    this.#retry = retryPolicy(options, documentRetryPolicy)
    this.#registries = registries
    this.#limits = limitsWith(options.limits)
    this.#copier = new Copier({ options, registries, limits: this.#limits, lifetime: this.#lifetime })
    const start = (): Promise<PullParts> => openParts(options, this.#limits, this.#lifetime, this.#waiting)
    this.#parts = new OpenedParts(() => this.store, start)
  }

  /** The store's directory. */
  get store(): string {
    return storeDirectory(this.#options)
  }

  /**
   * Starts a pull: fetches what is missing of an image, verifies it, unpacks it and commits it to the store.
   *
   * @param name as Docker names images, or `oci:DIR`, `oci:DIR:NAME`, `oci:DIR:@N`.
   * @throws USAGE, REFERENCE_INVALID, PLATFORM_INVALID: before any traffic. All else rejects `done`.
   */
  pull(name: string, options: PullOptions = {}): Pull {
    checkOptions('pull', pullTable, options)
    return this.#start(name, options, ({ request, notWhole }, parts) =>
      notWhole ? storedFlow(request, options, parts, notWhole) : pullFlow(request, options, parts),
    )
  }

  /**
   * Pulls every tag of a repository, two images at once. A tag that fails is reported in the result and does
   * not stop the others, unless `failFast` says so.
   *
   * @throws USAGE for a name with a tag or digest, REFERENCE_INVALID, PLATFORM_INVALID: before any traffic
   */
  pullAllTags(repository: string, options: PullAllOptions = {}): PullSet<PulledTags> {
    this.#assertOpen()
    checkArgument('pullAllTags', 'repository', anyText, repository)
    checkOptions('pullAllTags', pullAllTable, options)
    const { name } = repositoryNamed(repository, 'Pulling all tags')
    locate(repository, options.platform, this.#registries, this.#limits) // what cannot be is told before any traffic
    return this.#startSet(options.signal, (announce, signal) => {
      const start = (tag: string) => {
        const request = locate(`${repository}:${tag}`, options.platform, this.#registries, this.#limits)
        const pull = this.#begin(request, undefined, (parts) => pullFlow(request, options, parts))
        return announce({ name: request.name, pull })
      }
      const warnings: TagsWarning[] = []
      const onWarning = (code: string, message: string) => void warnings.push({ code, message })
      const tags = someTags(this.tags(repository, { signal, onWarning }), name)
      const failFast = options.failFast ?? false
      return Promise.resolve(tags.pipe(allTags({ name, failFast, start, warnings })))
    })
  }

  /**
   * Pulls the image of every platform of an index, two at once; then the name points at the index itself. What is no
   * index is pulled as it is.
   *
   * @throws USAGE, REFERENCE_INVALID: before any traffic
   */
  pullAllPlatforms(name: string, options: Omit<PullAllOptions, 'platform'> = {}): PullSet<PulledIndex> {
    this.#assertOpen()
    checkOptions('pullAllPlatforms', pullPlatformsTable, options)
    const asked = locate(name, undefined, this.#registries, this.#limits)
    return this.#startSet(options.signal, async (announce) => {
      const { store } = await this.#parts.open()
      const start = (image: IndexedImage, request: ImageRequest) => {
        const { platform = request.platform } = image.descriptor
        const each = { ...request, platform }
        const pull = this.#begin(each, undefined, (parts) =>
          pullFlow(each, options, parts, (bound) => entryStages(bound, parts, image)),
        )
        return announce({ name: `${request.name} (${formatPlatform(platform)})`, pull })
      }
      return Flow.of(asked).pipe(allPlatforms({ store, retry: this.#retry, start }))
    })
  }

  /**
   * Puts an image's layers together into one tree in `directory`, which must be empty or not be there. An image that
   * the store has whole, for this platform, comes out of it with no network traffic; else it is pulled first, its layers
   * as blobs only unless `unpack` says otherwise.
   *
   * @throws as `pull`
   */
  unpack(name: string, directory: string, options: Omit<PullOptions, 'rootfs'> = {}): Pull {
    checkArgument('unpack', 'directory', pathCodec, directory)
    checkOptions('unpack', unpackTable, options)
    const wanted = { unpack: false, ...options, rootfs: directory }
    return this.#start(name, wanted, async ({ request, notWhole }, parts) => {
      const stored = await storedImage(request, parts.store)
      if (!stored && notWhole) throw notWhole()
      if (!stored) return pullFlow(request, wanted, parts)
      return Flow.of(stored).pipe(assemble({ ...parts, directory }))
    })
  }

  /**
   * Starts a copy of an image, or of an index with everything in it, from registry or layout to registry or layout. Its
   * bytes are streamed; no store is made. Manifests keep their bytes, and what the target has is not sent.
   *
   * @param from as `pull` names images
   * @param to the same, for the target: `registry.example/app:1`, `oci:DIR`, `oci:DIR:NAME`
   * @throws USAGE, REFERENCE_INVALID, PLATFORM_INVALID: before any traffic. All else rejects `done`.
   */
  copy(from: string, to: string, options: CopyOptions = {}): Copy {
    this.#assertOpen()
    return this.#pulls.keep(this.#copier.start(from, to, options))
  }

  /** An image's manifest and config; no layer is requested and no store is made. */
  async inspect(
    name: string,
    options: InspectRequest & { readonly platform?: string } = {},
  ): Promise<Inspection> {
    this.#assertOpen()
    checkOptions('inspect', inspectTable, options)
    const { request } = this.#locate(name, options.platform)
    const requireSignatures = this.#options.requireSchema1Signatures ?? false
    return inspect(request, { ...options, retry: this.#retry, requireSignatures })
  }

  /** What a name points at, by HEAD where that works: good for "has it changed?", verified by no bytes. */
  async resolve(name: string, options: { readonly signal?: AbortSignal } = {}): Promise<ResolvedName> {
    this.#assertOpen()
    checkOptions('resolve', signalTable, options)
    return resolveName(this.#locate(name).request, { ...options, retry: this.#retry })
  }

  /**
   * The tag that a bare repository name stands for where `latest` need not exist: `latest` if it is listed, else the
   * first that is.
   *
   * @throws MANIFEST_UNKNOWN where there are no tags
   */
  async latestOrFirst(repository: string, options: { readonly signal?: AbortSignal } = {}): Promise<string> {
    checkOptions('latestOrFirst', signalTable, options)
    return latestOrFirst(this.tags(repository, options), repositoryNamed(repository, 'Listing tags').name)
  }

  /**
   * The tags of a repository, page by page. Items of the list that are no tags are left out: `onWarning` hears at the end
   * how many, with the code `tags-left-out`.
   */
  tags(repository: string, options: Pick<TagsRequest, 'signal' | 'onWarning'> = {}): AsyncIterable<string> {
    this.#assertOpen()
    checkArgument('tags', 'repository', anyText, repository)
    checkOptions('tags', tagsTable, options)
    return listTags(repository, this.#registries, { ...options, again: againAfter(this.#retry) })
  }

  /** The images of the store; none, and the warning `no-store`, where there is no store. */
  async images(): Promise<ImageSummary[]> {
    this.#assertOpen()
    if (!(await this.#parts.isThere())) {
      this.#waiting.onWarning(noStore(this.store).message, 'no-store')
      return []
    }
    return listImages((await this.#parts.open()).store)
  }

  /**
   * Takes a name away from an image; `collect` then removes what no other name needs.
   * @throws IMAGE_UNKNOWN where the store has no such name, REFERENCE_INVALID; STORE_CORRUPT where there is no store
   */
  async remove(name: string): Promise<RemovedImage> {
    checkArgument('remove', 'name', anyText, name)
    const [outcome] = await this.removeAll([name])
    if ('error' in outcome!) throw outcome.error
    return outcome!
  }

  /** Takes several names away at once. What became of each, in their order: a name that is not there stops no other. */
  async removeAll(names: readonly string[]): Promise<readonly RemovalOutcome[]> {
    checkArgument('removeAll', 'names', texts, names)
    return this.#busy('remove', undefined, ({ store }, stop) => removeImages(names, store, stop))
  }

  /**
   * Removes what nothing leads to: no name, no pull that runs, in this process or another.
   *
   * @throws STORE_CORRUPT where there is no store, or it cannot be told what the names need: then nothing is removed
   */
  async collect(options: CollectOptions = {}): Promise<Collected> {
    checkOptions('collect', collectTable, options)
    // A pull that has its image holds it no longer than it takes to clear away.
    await this.#pulls.ended()
    return this.#busy('collect', undefined, ({ store }, stop) => store.garbage.collect(options, stop))
  }

  /**
   * Reads the whole store again and says what is wrong with it; with `repair`, brings that again.
   *
   * @throws STORE_CORRUPT where there is no store, or its list of names cannot be read. Problems are in the report, no errors.
   */
  async verify(options: VerifyOptions = {}): Promise<VerifyReport> {
    checkOptions('verify', verifyTable, options)
    this.#assertOpen()
    const { repair = false, signal } = options
    // Without these files the store could not be opened, or not be read.
    const repaired = repair ? await repairBeforeOpening(this.store, waitingUntil(this.#waiting, signal)) : []
    const find = (name: string) => locate(name, undefined, this.#registries, this.#limits)
    return this.#busy('verify', signal, (parts, ended) =>
      verifyWith(parts, { locate: repair ? find : undefined, repaired, signal: ended }),
    )
  }

  /**
   * Cancels what is under way and waits until nothing is left of it.
   *
   * @throws StillRunningError with `within`, naming what has not ended by then; USAGE for a wrong option
   */
  async close(options: CloseOptions = {}): Promise<void> {
    checkOptions('close', closeTable, options)
    this.#closing ??= this.#close()
    return endsWithin(this.#closing, options.within, () => [
      ...this.#pulls.all.flatMap(({ running }) => running),
      ...this.#lifetime.running,
    ])
  }

  /** Closes the puller at the end of an `await using` block. */
  readonly [Symbol.asyncDispose] = (): Promise<void> => this.close()

  async #close(): Promise<void> {
    const pulls = this.#pulls.all
    for (const each of pulls) each.cancel()
    this.#waiting.stop()
    await Promise.all(pulls.map((each) => each.closed()))
    await this.#lifetime.close()
    const parts = await this.#parts.opened()
    await this.#pulls.released()
    await parts?.pool.close()
    await parts?.store.close()
    await this.#registries.close()
  }

  #start(
    name: string,
    { platform, signal }: PullOptions,
    prepare: (located: Located, parts: PullParts) => Promise<Flow<PulledImage>>,
  ): Pull {
    this.#assertOpen()
    const located = this.#locate(name, platform)
    return this.#begin(located.request, signal, (parts) => prepare(located, parts))
  }

  #locate(name: string, platform?: string): Located {
    const registries = this.#registries
    return locateAnywhere(name, { platform, registries, limits: this.#limits, store: this.store })
  }

  #begin(
    request: ImageRequest,
    signal: AbortSignal | undefined,
    prepare: (parts: PullParts) => Promise<Flow<PulledImage>>,
  ): Pull {
    this.#assertOpen()
    const started = new PullRun({
      what: 'pull',
      start: { type: 'start', reference: request.name, platform: formatPlatform(request.platform) },
      signal,
      prepare: async () => prepare(await this.#parts.open()),
    })
    this.#pulls.keep(started)
    this.#waiting.add(started)
    return started
  }

  #startSet<Result>(
    signal: AbortSignal | undefined,
    prepare: PullSetStart<Result>['prepare'],
  ): PullSet<Result> {
    return this.#pulls.keep(new PullSetRun({ signal, prepare }))
  }

  /** What the last pull left in the store is needed by its name alone: it may be removed and collected. */
  async #release(): Promise<void> {
    const parts = await this.#parts.opened()
    if (this.#pulls.all.length > 0 || this.#closing) return
    await parts?.store.release().catch(() => undefined) // what stays held stays in the store, until this is closed
  }

  /** Does `work` with the store, which must be there and is not closed under it. */
  async #busy<T>(
    label: string,
    signal: AbortSignal | undefined,
    work: (parts: PullParts, signal: AbortSignal) => Promise<T>,
  ): Promise<T> {
    this.#assertOpen()
    return this.#pulls.work(label, signal, async (either) => work(await this.#parts.openThere(), either))
  }

  #assertOpen(): void {
    if (this.#closing) throw new WindlassError('USAGE', 'This puller is closed')
  }
}
