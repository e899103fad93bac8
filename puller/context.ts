/** Provides `createContext`, for programs that compose their own pipeline of stages. */
import { type WhiteoutForm, hostWhiteoutForm } from '../lib/archive/index.js'
import { Scope } from '../lib/flow/index.js'
import { limitsWith } from '../lib/limits.js'
import type { ImageRegistries } from '../lib/registry/index.js'
import type { ImageRequest } from '../lib/stages/index.js'
import type { LayerGoal } from '../lib/transfer/index.js'
import type { PullParts } from '../pipelines/pull-stages.js'
import { requireChoice } from './names/choice.js'
import { ImageNames } from './names/image-names.js'
import { openParts } from './open-parts.js'
import { checkOptions } from './options/check-options.js'
import { openTable } from './options/option-table.js'
import { type OpenOptions, storeDirectory } from './options/options.js'
import { configuredHosts, registriesFor, shortNamesOf } from './options/registries-for.js'
import { waitWithin } from './within.js'

/** What a pull does with the layers. */
export interface GoalOptions {
  /** Unpack each layer into a tree of its own (true). */
  readonly unpack?: boolean
  /** Keep the compressed blobs of the layers (true). */
  readonly keepBlobs?: boolean
  /** Fetch and unpack everything again, even if it is in the store (false). */
  readonly refresh?: boolean
  /** Form of the whiteouts in a tree. Default: `overlay` if this process may create it, otherwise `aufs`. */
  readonly whiteouts?: WhiteoutForm
}

/**
 * Resources that all pulls of a program share: the store, the unpacking threads, the limits on concurrency, and the
 * connections to registries. `pullStages` creates the stages of a pull from it.
 */
export interface PullContext extends PullParts, AsyncDisposable {
  readonly registries: ImageRegistries
  /**
   * Returns the request for an image: the input of `pull` and `fetch` of `windlass/pipelines`.
   * @param name - image name as for Docker, or `oci:DIR`, `oci:DIR:NAME`, `oci:DIR:@N`
   * @throws USAGE, REFERENCE_INVALID, PLATFORM_INVALID
   */
  request(name: string, options?: { readonly platform?: string }): ImageRequest
  /** Returns the `goal` argument of `pullStages`. @throws STORE_* when the store is not writable */
  goal(options?: GoalOptions): Promise<LayerGoal>
  /**
   * Waits until all runs have released their resources, stops the threads, and closes the store and all connections. It
   * does not cancel the runs.
   * @throws StillRunningError, with the labels of what still runs, when this takes longer than `within` milliseconds
   */
  close(options?: { readonly within?: number }): Promise<void>
}

/**
 * Opens the resources that pulls share. Creates the store if it does not exist.
 *
 * @throws USAGE for an unknown option or an invalid value; STORE_* when the store cannot be opened
 * @example
 * const context = await createContext({ store: 'images' })
 * const pipeline = pull(pullStages(context, await context.goal()))
 * await run(Flow.of(context.request('alpine')).pipe(pipeline), (image) => console.log(image.digest)).done
 * await context.close()
 */
export async function createContext(options: OpenOptions = {}): Promise<PullContext> {
  checkOptions('createContext', openTable, options)
  const { hosts = configuredHosts(options) } = options
  const registries = await registriesFor(options, hosts)
  const limits = limitsWith(options.limits)
  const lifetime = new Scope()
  const parts = await openParts(options, limits, lifetime).catch(async (error: unknown) => {
    await registries.close()
    throw error
  })
  const release = async (): Promise<void> => {
    await lifetime.close()
    await parts.pool.close()
    await parts.store.close()
    await registries.close()
  }
  const names = new ImageNames({
    ...{ registries, limits, store: () => storeDirectory(options) },
    shortNames: shortNamesOf(options, hosts),
  })
  let closing: Promise<void> | undefined
  const close: PullContext['close'] = ({ within } = {}) => {
    closing ??= release()
    return waitWithin(closing, within, () => lifetime.running)
  }
  return {
    ...parts,
    registries,
    request: (name, { platform } = {}) => {
      const { candidates } = names.locate(name, { platform })
      const requests = candidates.map(({ request }) => request)
      // Which of several registries has the image, a request that is made at once cannot know.
      requireChoice(
        name,
        requests.map((each) => each.name),
        'enforcing',
      )
      return candidates[0].request
    },
    goal: async ({ unpack = true, keepBlobs = true, refresh = false, whiteouts } = {}) => ({
      unpack,
      form: whiteouts ?? (await hostWhiteoutForm(await parts.store.stagingDirectory())),
      keepBlobs: keepBlobs || !unpack,
      refresh,
    }),
    close,
    [Symbol.asyncDispose]: () => close(),
  }
}
