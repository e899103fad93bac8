/** What a stage of a pull works with, and elements for it, made by the stages before it. */
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { lastValueFrom } from 'rxjs'
import { afterAll, beforeAll } from 'vitest'
import { UnpackPool, hostWhiteoutForm } from '../../../lib/archive/index.js'
import { Flow, Scope, type Stage, compose } from '../../../lib/flow/index.js'
import { type ImageSource, parsePlatform } from '../../../lib/image/index.js'
import { defaultLimits } from '../../../lib/limits.js'
import { Downloads, type ImageRequest } from '../../../lib/stages/index.js'
import { Store } from '../../../lib/store/index.js'
import { MetadataLock } from '../../../lib/store/locks/metadata-lock.js'
import {
  type ArrivingLayer,
  LayerFlights,
  type LayerGoal,
  type SharedLayerTask,
} from '../../../lib/transfer/index.js'
import { type PullParts, type PullStages, pullStages } from '../../../pipelines/pull-stages.js'
import { sleep } from '../flow-lines.js'
import { MemorySource } from './memory-source.js'
import { Meter } from './meter.js'
import { type SampleKind, putSample, sampleImage } from './sample-images.js'

export const retry = { attempts: 2, delay: 0, longestRetryAfter: 0 }

/** Indexes of the samples stand at most two deep. A smaller maximum has fewer stages, so fewer slots. */
export const limits = { ...defaultLimits, indexDepth: 2 }

/** In memory where there is such a place: syncing a disk that others write to takes seconds. */
const place = existsSync('/dev/shm') ? '/dev/shm' : tmpdir()

export class LawBench {
  /** Counts the operations on the store, the pool and the source that stages get. */
  readonly meter = new Meter()
  /** An option of `keepsTheLaws`. */
  readonly inProgress = (): number => this.meter.inProgress
  readonly #memory = new MemorySource()
  readonly #source: ImageSource = this.meter.watch<ImageSource>(this.#memory)
  readonly #scope = new Scope()
  readonly #directory = mkdtempSync(join(place, 'windlass-laws-'))
  readonly #locked: Promise<unknown>[] = []
  #made = 0
  #watched!: PullParts
  #unwatched!: PullParts
  #goal!: LayerGoal

  constructor() {
    beforeAll(async () => {
      const store = await Store.open(this.path())
      const pool = new UnpackPool({ workers: 2 })
      this.#unwatched = this.#partsOf(store, pool)
      this.#watched = this.#partsOf(
        this.meter.watch(store, 'blobs', 'layers', 'partials', 'names'),
        this.meter.watch(pool),
      )
      const form = await hostWhiteoutForm(await store.stagingDirectory())
      this.#goal = { unpack: true, form, keepBlobs: true }
    })
    afterAll(async () => {
      await Promise.all(this.#locked)
      await this.#scope.close()
      await this.#unwatched.pool.close()
      await this.#unwatched.store.close()
      rmSync(this.#directory, { recursive: true, force: true })
    })
  }

  get parts(): PullParts {
    return this.#watched
  }
  get store(): Store {
    return this.#watched.store
  }
  get goal(): LayerGoal {
    return this.#goal
  }
  get stages(): PullStages {
    return pullStages(this.#watched, this.#goal)
  }

  /** A path where nothing is yet. */
  path(): string {
    return join(this.#directory, String(++this.#made))
  }

  /** Has the lock of the store, as another process would, for some milliseconds. */
  lockStore(): void {
    const other = new MetadataLock(join(this.store.directory, 'lock'))
    this.#locked.push(other.hold(() => sleep(10)))
  }

  /** The last output of `stage` for `input`. What the stage has opened stays open until the end of the spec. */
  after<In, Out>(input: In, stage: Stage<In, Out>): Promise<Out> {
    return lastValueFrom(Flow.of(input).pipe(stage).toObservable(this.#scope))
  }

  /** The first output of `stage` for `input`, while the stage goes on. Its operations are not counted. */
  during<In, Out>(input: In, stage: (unwatched: PullStages) => Stage<In, Out>): Promise<Out> {
    return new Promise((resolve, reject) => {
      const unwatched = pullStages(this.#unwatched, this.#goal)
      Flow.of(input)
        .pipe(stage(unwatched))
        .toObservable(this.#scope)
        .subscribe({ next: resolve, error: reject })
    })
  }

  /** A request for the image of `seed`, which is there as `kind`. */
  async request(seed: number, kind: SampleKind = 'image'): Promise<ImageRequest> {
    const tag = await putSample(this.#memory, kind, seed)
    return {
      ...{ name: `memory.example/app:${tag}`, typed: `app:${tag}`, target: tag, digest: undefined },
      ...{ source: this.#source, platform: parsePlatform('linux/amd64'), limits },
    }
  }

  /** The layer that only the image of `seed` has. */
  layerTask(seed: number): SharedLayerTask {
    const { mediaType, digest, size, diffID, bytes } = sampleImage(seed).layers[1]!
    this.#memory.putBlob(bytes)
    return {
      ...{ descriptor: { mediaType, digest, size }, positions: [1], action: 'download', offset: 0 },
      ...{ source: this.#source, diffID: Promise.resolve(diffID), confirm: () => Promise.resolve() },
    }
  }

  /** That layer, in the store. */
  async storedLayer(seed: number): Promise<ArrivingLayer> {
    const task = this.layerTask(seed)
    const { digest } = task.descriptor
    await this.store.blobs.put(digest, sampleImage(seed).layers[1]!.bytes)
    return { ...task, path: this.store.blobs.path(digest), arriving: undefined }
  }

  /** That layer, while it is downloaded and verified. */
  growingLayer(seed: number): Promise<ArrivingLayer> {
    const task = { ...this.layerTask(seed), source: this.#memory }
    return this.during(task, ({ download, verify }) => compose(download, verify))
  }

  /** `element`, with a source whose operations are not counted. */
  withMemory<T extends { readonly request: ImageRequest }>(element: T): T {
    return { ...element, request: { ...element.request, source: this.#memory } }
  }

  #partsOf(store: Store, pool: UnpackPool): PullParts {
    return {
      ...{ store, pool, retry, limits, flights: new LayerFlights(), requireSignatures: false, layerSlots: 4 },
      downloads: new Downloads({ slots: 3, retry }, this.#scope),
    }
  }
}
