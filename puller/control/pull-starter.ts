/** Provides `PullStarter`, which starts the pulls of a puller. */
import type { Flow } from '../../lib/flow/index.js'
import { formatPlatform } from '../../lib/image/index.js'
import type { ImageRequest, PulledImage } from '../../lib/stages/index.js'
import type { RetryPolicy } from '../../lib/transfer/index.js'
import type { PullParts } from '../../pipelines/pull-stages.js'
import type { Activity } from '../activity.js'
import type { LazyParts } from '../lazy-parts.js'
import { chooseImage } from '../names/choose-image.js'
import { closeSources, type Located, nameOf } from '../names/located.js'
import type { RunningWork } from '../running-work.js'
import type { StoreWaiting } from '../store-waiting.js'
import { ControlledRun } from './controlled-run.js'

/** The parts of a puller that its pulls share. */
export interface PullStarterParts {
  readonly parts: LazyParts
  readonly retry: RetryPolicy
  readonly requestEvents: boolean | undefined
  readonly waiting: StoreWaiting
  readonly work: RunningWork
  readonly activity: Activity
  /** @throws USAGE when the puller is closed */
  readonly assertOpen: () => void
}

/** Options of a pull to start. */
export interface StartOptions {
  readonly signal?: AbortSignal | undefined
  /** If the store has one of the images that the name may mean, that is chosen, without asking a registry (false). */
  readonly prefersStored?: boolean
  /** Leave the sources of the image open at the end, because other pulls use them (false). */
  readonly keepsSources?: boolean
}

/** Starts a pull. `prepare` receives the image that was chosen, and returns the flow. */
export type StartPull = (
  located: Located,
  prepare: (parts: PullParts, request: ImageRequest) => Promise<Flow<PulledImage>>,
  options?: StartOptions,
) => ControlledRun

/** Starts pulls. */
export class PullStarter {
  constructor(private readonly shared: PullStarterParts) {}

  readonly start: StartPull = (
    located,
    prepare,
    { signal, prefersStored = false, keepsSources = false } = {},
  ) => {
    const { parts: lazy, retry, requestEvents, waiting, work, activity, assertOpen } = this.shared
    assertOpen()
    const [{ request: first }] = located.candidates
    const started = new ControlledRun<PulledImage>({
      what: 'pull',
      start: { type: 'start', reference: nameOf(located), platform: formatPlatform(first.platform) },
      ...{ signal, requestEvents },
      ...(!keepsSources && { release: () => closeSources(located) }),
      prepare: async (control, running) => {
        const parts = await lazy.open()
        const store = prefersStored ? parts.store : undefined
        const request = await chooseImage(located, { ...running, retry, store })
        return prepare(parts, { ...request, control })
      },
    })
    waiting.add(started)
    return work.register(activity.report(started))
  }
}
