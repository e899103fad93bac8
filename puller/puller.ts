/** Provides `Windlass`, which creates the parts of the program and connects them. */
import { WindlassError } from '../lib/errors.js'
import { Flow, Scope } from '../lib/flow/index.js'
import { limitsWith } from '../lib/limits.js'
import { type TagsRequest } from '../lib/image/index.js'
import type { ImageRegistries, ShortNames } from '../lib/registry/index.js'
import { type ImageRequest, type PulledImage, assemble } from '../lib/stages/index.js'
import { type RetryPolicy, retryDelayOf, documentRetryPolicy } from '../lib/transfer/index.js'
import type { PulledIndex } from '../pipelines/all-platforms.js'
import type { PulledTags } from '../pipelines/all-tags.js'
import type { PullReport } from '../pipelines/many/pull-report.js'
import { Activity } from './activity.js'
import { Artifacts } from './trust/artifacts.js'
import { type Copy, Copier } from './copier.js'
import { checkArgument, checkOptions } from './options/check-options.js'
import { FileReads } from './file-reads.js'
import type { ImageFile, OpenedFile } from '../pipelines/files.js'
import { type Inspection, type InspectRequest, type InspectWarning, inspect } from '../pipelines/inspect.js'
import { type LiveLimits, PullerLimits } from './control/live-limits.js'
import { openParts } from './open-parts.js'
import { LazyParts } from './lazy-parts.js'
import { anyText, path as pathCodec } from './options/option-codecs.js'
import * as tables from './options/option-table.js'
import {
  type CloseOptions,
  type CopyOptions,
  type FileOptions,
  type FilesOptions,
  type OpenOptions,
  type PlanRequest,
  type PullAllOptions,
  type PullManyOptions,
  type PullOptions,
  type RetryFailedOptions,
  storeDirectory,
} from './options/options.js'
import { makePlan, plannedImage } from './planner.js'
import type { PullPlan } from '../pipelines/plan/plan-pull.js'
import { pullFlow } from './pull-flow.js'
import { PullStarter, type StartOptions } from './control/pull-starter.js'
import { startMany, startRetry } from './many/start-many.js'
import type { Pull } from './pull-run.js'
import type { PullParts } from '../pipelines/pull-stages.js'
import type { PullSet } from './pull-set.js'
import { PullSets } from './pull-sets.js'
import { locate as requestOf } from './names/request.js'
import { type ResolvedName, resolveName } from '../pipelines/resolve.js'
import { latestOrFirst } from '../pipelines/resolve-tag.js'
import { retryPolicy } from './options/retry.js'
import { RunningWork } from './running-work.js'
import { RuntimeOperations } from './runtime/runtime-operations.js'
import { SyncMethods, SyncOperations } from './sync/sync-methods.js'
import { storedFlow } from './stored-flow.js'
import { StoredContent } from './stored-content.js'
import { Leases } from './store/leases.js'
import { StoreTasks } from './store/store-tasks.js'
import { StoreWaiting } from './store-waiting.js'
import { storedImage } from '../pipelines/stored-image.js'
import { type ChooseOptions, chooseImage } from './names/choose-image.js'
import { ImageNames, type NameOptions } from './names/image-names.js'
import type { Located } from './names/located.js'
import { listTags, repositoryNamed } from './names/tags.js'
import { waitWithin } from './within.js'
import { withSource } from './names/with-source.js'

/** A puller. All its pulls share one store, its connections and its limits on concurrency. Created by `open`. */
export class Windlass extends SyncMethods implements AsyncDisposable {
  /** Limits on all pulls together. They may change while pulls run. */
  readonly limits: LiveLimits
  /** The images of the store in detail: describes, names, saves and loads them. */
  readonly content: StoredContent
  /** What the puller does: each pull as it starts, and the slots in use. */
  readonly activity: Activity
  /** Signatures, SBOMs and attestations of images. */
  readonly artifacts: Artifacts
  readonly #options: OpenOptions
  /** Retry policy for manifests and configs. */
  readonly #retry: RetryPolicy
  readonly #registries: ImageRegistries
  readonly #lifetime = new Scope()
  readonly #parts: LazyParts
  readonly #files: FileReads
  readonly #work: RunningWork
  readonly #copier: Copier
  readonly #names: ImageNames
  readonly #starter: PullStarter
  readonly #sets: PullSets
  protected readonly tasks: StoreTasks
  readonly leases: Leases
  protected readonly runtime: RuntimeOperations
  protected readonly syncs: SyncOperations
  readonly #waiting: StoreWaiting
  #closing: Promise<void> | undefined

  /** @internal created by `open` */
  constructor(options: OpenOptions, registries: ImageRegistries, shortNames?: () => ShortNames) {
    super()
    this.#options = options
    this.#waiting = new StoreWaiting(options.onWarning)
    const retry = (this.#retry = retryPolicy(options, documentRetryPolicy))
    this.#registries = registries
    const limits = limitsWith(options.limits)
    const names = (this.#names = new ImageNames({ registries, limits, store: () => this.store, shortNames }))
    const liveLimits = (this.limits = new PullerLimits(options))
    liveLimits.follow(({ bytesPerSecond }) => registries.limitRate(bytesPerSecond))
    const lifetime = this.#lifetime
    this.#copier = new Copier({ options, names, registries, limits, lifetime, liveLimits })
    const start = (): Promise<PullParts> => openParts(options, limits, lifetime, this.#waiting, liveLimits)
    this.#parts = new LazyParts(() => this.store, start)
    this.activity = new Activity(this.#parts, registries, options)
    this.#work = new RunningWork(this.#parts)
    const namesOf = (word: string): readonly string[] => names.storedNames(word)
    const shared = { parts: this.#parts, work: this.#work, namesOf, assertOpen: () => this.#assertOpen() }
    const { requestEvents } = options
    const ofPulls = { retry, requestEvents, waiting: this.#waiting, activity: this.activity }
    this.#starter = new PullStarter({ ...shared, ...ofPulls })
    const startPull = this.#starter.start
    this.runtime = new RuntimeOperations({ ...shared, names, startPull })
    this.syncs = new SyncOperations({ ...shared, registries, limits, retry, copy: this.copy.bind(this) })
    this.content = new StoredContent({ ...shared, registries, limits, startPull })
    this.leases = new Leases(shared)
    this.tasks = new StoreTasks({
      ...{ ...shared, waiting: this.#waiting, store: () => this.store },
      locate: (name) => requestOf(name, undefined, registries, limits),
    })
    this.artifacts = new Artifacts({ ...shared, names, retry, policy: options.policy })
    this.#sets = new PullSets({ names, registries, limits, retry, parts: this.#parts, startPull })
    this.#files = new FileReads({
      ...{ retry, limits, foreignUrls: options.foreignUrls },
      requireSignatures: options.requireSchema1Signatures ?? false,
      openIfExists: async () => ((await this.#parts.storeExists()) ? this.#parts.open() : undefined),
      register: (read) => this.#work.register(read),
    })
  }

  /** Directory of the store. */
  get store(): string {
    return storeDirectory(this.#options)
  }

  /**
   * Starts a pull: downloads the missing parts of an image, verifies and unpacks them, and commits the image.
   *
   * @param name image name as for Docker, or one of an image on this machine, such as `oci:DIR:NAME` (docs/archives.md)
   * @throws USAGE, REFERENCE_INVALID, PLATFORM_INVALID, before any network traffic. Later errors reject `done`.
   */
  pull(name: string, options: PullOptions = {}): Pull {
    checkOptions('pull', tables.pullTable, options)
    return this.#locateAndStart(name, options, ({ incompleteError: createError }, request, parts) =>
      createError ? storedFlow(request, options, parts, createError) : pullFlow(request, options, parts),
    )
  }

  /**
   * Returns what `pull` with the same options would fetch and reuse. Requests only manifests and the config, and
   * creates no store. The result can be given to `pull` as its option `plan`.
   * @throws USAGE, REFERENCE_INVALID, PLATFORM_INVALID; any error of resolving the name or reading the store
   */
  async plan(name: string, options: PlanRequest = {}): Promise<PullPlan> {
    this.#assertOpen()
    checkOptions('plan', tables.planTable, options)
    return makePlan(this.#names.locateAnywhere(name, options), options, {
      ...{ parts: this.#parts, store: this.store, retry: this.#retry },
      requireSignatures: this.#options.requireSchema1Signatures ?? false,
    })
  }

  /**
   * Pulls all tags of a repository, two images at a time. A tag that fails is reported in the result and does not stop
   * the others, unless `failFast` is set.
   * @throws USAGE for a name with a tag or digest, REFERENCE_INVALID, PLATFORM_INVALID, before any network traffic
   */
  pullAllTags(repository: string, options: PullAllOptions = {}): PullSet<PulledTags> {
    this.#assertOpen()
    return this.#work.register(this.#sets.allTags(repository, options))
  }

  /**
   * Pulls the images of all platforms of an index, two at a time, then points the name at the index. If the name does
   * not refer to an index, pulls the single image.
   * @throws USAGE, REFERENCE_INVALID, before any network traffic
   */
  pullAllPlatforms(name: string, options: Omit<PullAllOptions, 'platform'> = {}): PullSet<PulledIndex> {
    this.#assertOpen()
    return this.#work.register(this.#sets.allPlatforms(name, options))
  }

  /**
   * Pulls several images, two at a time unless `concurrency` is given, and continues after failures. Names are as for
   * `pull`. The report has the outcome of each, in the order of the names.
   * @throws USAGE for an invalid option, before any network traffic. An invalid name is a failure in the report.
   */
  pullMany(names: readonly string[], options: PullManyOptions = {}): PullSet<PullReport> {
    this.#assertOpen()
    return this.#work.register(startMany(names, options, (name, each) => this.pull(name, each)))
  }

  /**
   * Pulls the failed names of a report again: those whose error is `retryable`, or all with the option `all`. The
   * result is the report with the new outcomes of these names. `options` are not remembered from the first pull.
   * @throws USAGE for an invalid option or report, before any network traffic
   */
  retryFailed(report: PullReport, options: RetryFailedOptions = {}): PullSet<PullReport> {
    this.#assertOpen()
    return this.#work.register(startRetry(report, options, (name, each) => this.pull(name, each)))
  }

  /**
   * Unpacks all layers of an image into one tree in `directory`, which must be empty or must not exist. If the store
   * has the complete image for this platform, there is no network traffic. Otherwise the image is pulled first; its
   * layers are stored only as blobs, unless `unpack` is true.
   * @throws as `pull`
   */
  unpack(
    name: string,
    directory: string,
    options: Omit<PullOptions, 'rootfs' | 'onEntry' | 'plan'> = {},
  ): Pull {
    checkArgument('unpack', 'directory', pathCodec, directory)
    checkOptions('unpack', tables.unpackTable, options)
    const pullOptions = { unpack: false, ...options, rootfs: directory }
    // The store keeps no signatures, so a policy is checked at the source.
    const hasPolicy = (options.policy ?? this.#options.policy) !== undefined
    const unpacked = async ({ incompleteError }: Located, request: ImageRequest, parts: PullParts) => {
      const stored = hasPolicy ? undefined : await storedImage(request, parts.store)
      if (!stored && incompleteError) return storedFlow(request, pullOptions, parts, incompleteError)
      if (!stored) return pullFlow(request, pullOptions, parts)
      return Flow.of(stored).pipe(assemble({ ...parts, directory, control: request.control }))
    }
    return this.#locateAndStart(name, pullOptions, unpacked, { prefersStored: !hasPolicy })
  }

  /**
   * Starts a copy of an image, or of an index with all its content, between registries, layouts and archives. Uses no
   * store. Manifests are copied byte for byte. Content that the target has is not sent.
   *
   * @param from name of the image, as for `pull`
   * @param to name for the copy: `registry.example/app:1`, `oci:DIR:NAME`, `docker-archive:FILE:REF`
   * @throws USAGE, REFERENCE_INVALID, PLATFORM_INVALID, before any network traffic. Later errors reject `done`.
   */
  copy(from: string, to: string, options: CopyOptions = {}): Copy {
    this.#assertOpen()
    return this.#work.register(this.activity.report(this.#copier.start(from, to, options)))
  }

  /** Returns the manifest and config of an image. Requests no layers and creates no store. */
  async inspect(
    name: string,
    options: InspectRequest & Pick<PullOptions, 'platform'> = {},
  ): Promise<Inspection> {
    this.#assertOpen()
    checkOptions('inspect', tables.inspectTable, options)
    const { requireSchema1Signatures: requireSignatures = false } = this.#options
    const warnings: InspectWarning[] = []
    const onWarning = (code: string, message: string) => void warnings.push({ code, message })
    const chosen = await this.#choose(name, { ...options, onWarning })
    const found = await withSource(chosen, (request) =>
      inspect(request, { ...options, retry: this.#retry, requireSignatures }),
    )
    return { ...found, warnings: [...warnings, ...found.warnings] }
  }

  /**
   * Yields the files of an image as a container sees them, in byte order of the paths. Reads and verifies all layers,
   * but only the table of contents of a layer that has one. Reads an image in the store from the store; creates none.
   * @throws FILE_UNKNOWN if the image has no `path`; errors of `inspect`, and of reading the layers
   * @example
   * for await (const { path, size } of windlass.files('alpine:3.20', { path: '/etc' })) console.log(size, path)
   */
  files(name: string, options: FilesOptions = {}): AsyncIterable<ImageFile> {
    this.#assertOpen()
    checkOptions('files', tables.filesTable, options)
    return this.#files.list(this.#names.locateAnywhere(name, options), options)
  }

  /**
   * Opens one file of an image as a stream. Follows links inside the image. Reads layers from the top down until the
   * file is found: only the table of contents and the file, both verified, or, if a layer has no table, everything up
   * to the end of the file, which is verified only with `verify`. See `OpenedFile.verified`.
   * @throws FILE_UNKNOWN with the last existing directory of the path; NOT_A_FILE for a directory or device; as `files`
   * @example
   * const { stream } = await windlass.file('alpine:3.20', '/etc/os-release')
   * stream.pipe(process.stdout)
   */
  async file(name: string, path: string, options: FileOptions = {}): Promise<OpenedFile> {
    this.#assertOpen()
    checkArgument('file', 'path', anyText, path)
    checkOptions('file', tables.fileTable, options)
    return this.#files.open(this.#names.locateAnywhere(name, options), path, options)
  }

  /** Returns the digest that a name points at, by HEAD if possible: enough to detect changes, but not verified. */
  async resolve(name: string, options: { readonly signal?: AbortSignal } = {}): Promise<ResolvedName> {
    this.#assertOpen()
    checkOptions('resolve', tables.signalTable, options)
    const chosen = await this.#choose(name, options)
    return withSource(chosen, (request) => resolveName(request, { ...options, retry: this.#retry }))
  }

  /** Chooses a tag: `latest` if it is listed, otherwise the first. @throws MANIFEST_UNKNOWN if there are no tags */
  async latestOrFirst(repository: string, options: { readonly signal?: AbortSignal } = {}): Promise<string> {
    checkOptions('latestOrFirst', tables.signalTable, options)
    return latestOrFirst(this.tags(repository, options), repositoryNamed(repository, 'list tags').name)
  }

  /**
   * Yields the tags of a repository, fetched page by page. Items that are not tags are skipped; `onWarning` receives
   * their number at the end, with the code `tags-left-out`.
   */
  tags(repository: string, options: Pick<TagsRequest, 'signal' | 'onWarning'> = {}): AsyncIterable<string> {
    this.#assertOpen()
    checkArgument('tags', 'repository', anyText, repository)
    checkOptions('tags', tables.tagsTable, options)
    const candidates = this.#names.repositories(repository, 'list tags')
    const request = { ...options, again: retryDelayOf(this.#retry) }
    return listTags(repository, candidates, this.#registries, request)
  }

  /**
   * Cancels all pulls and other operations, and resolves when they have released their resources.
   * @throws StillRunningError when this takes longer than `within`, with the names of what still runs; USAGE
   */
  async close(options: CloseOptions = {}): Promise<void> {
    checkOptions('close', tables.closeTable, options)
    this.#closing ??= this.#close()
    return waitWithin(this.#closing, options.within, () => [...this.#work.running, ...this.#lifetime.running])
  }

  /** Closes the puller at the end of an `await using` block. */
  readonly [Symbol.asyncDispose] = (): Promise<void> => this.close()

  async #close(): Promise<void> {
    const ended = this.#work.stop()
    this.#waiting.stop()
    await ended
    await this.#lifetime.close()
    await this.#parts.close()
    await this.#registries.close()
  }

  #locateAndStart(
    name: string,
    { plan, platform = plan?.requestedPlatform, signal, ...options }: PullOptions,
    prepare: (located: Located, request: ImageRequest, parts: PullParts) => Promise<Flow<PulledImage>>,
    start: StartOptions = {},
  ): Pull {
    this.#assertOpen()
    const found = this.#names.locateAnywhere(name, { ...options, platform })
    const located = plan ? plannedImage(found, plan) : found
    const prepared = (parts: PullParts, request: ImageRequest) => prepare(located, request, parts)
    return this.#starter.start(located, prepared, { ...start, signal })
  }

  #choose(name: string, options: NameOptions & Omit<ChooseOptions, 'retry'>): Promise<ImageRequest> {
    return chooseImage(this.#names.locateAnywhere(name, options), { ...options, retry: this.#retry })
  }

  #assertOpen(): void {
    if (this.#closing) throw new WindlassError('USAGE', 'This puller is closed')
  }
}
