/** Runs the operations of a puller on its store: lists, removes, collects, verifies. */
import type { ImageRequest } from '../../lib/stages/index.js'
import { hostPlatform, parsePlatform } from '../../lib/image/index.js'
import {
  type Collected,
  type CollectOptions,
  measureStore,
  noStoreError,
  type StoreUsage,
} from '../../lib/store/index.js'
import { describeEntry, imageFor } from '../../pipelines/stored/describe.js'
import { findIfStored } from '../../pipelines/stored/find-stored.js'
import { type HistoryStep, historyOf } from '../../pipelines/stored/history.js'
import { type ImageSummary, listImages } from '../../pipelines/images.js'
import { type RemovalOutcome, removeImages } from '../../pipelines/remove.js'
import type { VerifyOptions, VerifyReport } from '../../pipelines/check/verify.js'
import { verifyWith } from '../../pipelines/check/verify-with.js'
import { checkArgument, checkOptions } from '../options/check-options.js'
import { texts } from '../options/option-codecs.js'
import { signalTable, verifyTable } from '../options/option-table.js'
import { collectTable } from './store-options.js'
import { repairBeforeOpening } from '../open-parts.js'
import type { LazyParts } from '../lazy-parts.js'
import type { RunningWork } from '../running-work.js'
import { type StoreWaiting, metadataLockOptions } from '../store-waiting.js'

/** What the operations on the store of a puller share with its pulls. */
export interface StoreTasksContext {
  readonly parts: LazyParts
  readonly work: RunningWork
  readonly waiting: StoreWaiting
  /** Returns the directory of the store. */
  readonly store: () => string
  /** Returns the names of the store that a word may mean. @throws REFERENCE_INVALID */
  readonly namesOf: (word: string) => readonly string[]
  /** Returns the request with which a repair fetches content of the image `name`. */
  readonly locate: (name: string) => ImageRequest
  /** @throws USAGE when the puller is closed */
  readonly assertOpen: () => void
}

/** The operations on the store of one puller. */
export class StoreTasks {
  constructor(private readonly shared: StoreTasksContext) {}

  /** See `Windlass.images`. */
  async images(): Promise<ImageSummary[]> {
    const { parts, waiting, store, assertOpen } = this.shared
    assertOpen()
    if (await parts.storeExists()) return listImages((await parts.open()).store)
    waiting.onWarning(noStoreError(store()).message, 'no-store')
    return []
  }

  /** See `Windlass.usage`. */
  usage(options: { readonly signal?: AbortSignal }): Promise<StoreUsage> {
    checkOptions('usage', signalTable, options)
    this.shared.assertOpen()
    return this.shared.work.runWithStore('usage', options.signal, ({ store }, signal) =>
      measureStore(store, signal),
    )
  }

  /** Returns the history of an image of the store; undefined if the store does not have it for the platform. */
  async storedHistory(name: string, platform?: string): Promise<readonly HistoryStep[] | undefined> {
    const { parts, namesOf, assertOpen } = this.shared
    assertOpen()
    const wanted = platform === undefined ? hostPlatform() : parsePlatform(platform)
    if (!(await parts.storeExists())) return undefined
    const { store } = await parts.open()
    const entry = await findIfStored(name, store, namesOf)
    const images = entry ? await describeEntry(entry, store) : []
    // Without a platform, as for commands that show an image: that for this machine, otherwise the first.
    const image = imageFor(wanted, images) ?? (platform === undefined ? images[0] : undefined)
    return image && historyOf(image.config, image.layers)
  }

  /** See `Windlass.removeAll`. */
  remove(names: readonly string[]): Promise<readonly RemovalOutcome[]> {
    checkArgument('removeAll', 'names', texts, names)
    this.shared.assertOpen()
    return this.shared.work.runWithStore('remove', undefined, ({ store }, signal) =>
      removeImages(names, store, signal, this.shared.namesOf),
    )
  }

  /** See `Windlass.collect`. */
  async collect(options: CollectOptions): Promise<Collected> {
    const { work, assertOpen } = this.shared
    checkOptions('collect', collectTable, options)
    // A pull that has ended still holds its content until it has released its resources.
    await work.waitForEnded()
    assertOpen()
    return work.runWithStore('collect', undefined, ({ store }, signal) =>
      store.garbage.collect(options, signal),
    )
  }

  /** See `Windlass.verify`. */
  async verify(options: VerifyOptions): Promise<VerifyReport> {
    const { work, waiting, store, locate, assertOpen } = this.shared
    checkOptions('verify', verifyTable, options)
    assertOpen()
    const { repair = false, signal } = options
    // Repairs `oci-layout` and `index.json` first: without them, the store cannot be opened or read.
    const repaired = repair ? await repairBeforeOpening(store(), metadataLockOptions(waiting, signal)) : []
    assertOpen()
    return work.runWithStore('verify', signal, (parts, anySignal) =>
      verifyWith(parts, {
        requestFor: repair ? locate : undefined,
        ...{ repaired, signal: anySignal, onProgress: options.onProgress },
      }),
    )
  }
}
