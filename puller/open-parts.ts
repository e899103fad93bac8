/** Opens the resources that all pulls of a puller share: the store, the threads and the limits on concurrency. */
import { UnpackPool } from '../lib/archive/index.js'
import { type Scope, SlotCount } from '../lib/flow/index.js'
import type { Limits } from '../lib/limits.js'
import { Downloads } from '../lib/stages/index.js'
import { LayerFlights, documentRetryPolicy } from '../lib/transfer/index.js'
import {
  type MetadataLockOptions,
  type RepairedFile,
  repairFiles,
  Store,
  type StoreOptions,
} from '../lib/store/index.js'
import { AutoDownloads } from './auto-downloads.js'
import { PullerLimits } from './live-limits.js'
import { type LimitValues, type OpenOptions, storeDirectory } from './options/options.js'
import type { PullParts } from '../pipelines/pull-stages.js'
import { retryPolicy } from './options/retry.js'

/**
 * Opens the store and creates the other shared resources.
 * @param lifetime - the scope of work that outlives a pull
 * @param waiting - reports and ends waits for locks of the store
 * @param live - limits that the resources follow
 * @throws STORE_* when the store cannot be opened
 */
export async function openParts(
  options: OpenOptions,
  limits: Limits,
  lifetime: Scope,
  waiting: Pick<StoreOptions, 'onWarning' | 'signal'> = {},
  live = new PullerLimits(options),
): Promise<PullParts> {
  const { maxDownloads, maxUnpacks } = live.get()
  const { foreignUrls } = options
  const auto = live.isAuto ? new AutoDownloads(live) : undefined
  const downloads = {
    slots: maxDownloads,
    retry: retryPolicy(options),
    ...(foreignUrls && { foreignUrls }),
    ...(auto && { onRefused: auto.refused }),
  }
  const store = await Store.open(storeDirectory(options), {
    create: true,
    keepPartials: options.keepPartials,
    onBehalfOf: userBehindSudo(),
    onUnsafe: (message) => options.onWarning?.(message, 'store-unsafe'),
    ...(waiting.signal && { signal: waiting.signal }),
    ...(waiting.onWarning && { onWarning: waiting.onWarning }),
  })
  const parts: PullParts = {
    store,
    pool: new UnpackPool({ workers: maxUnpacks, limits }),
    limits,
    retry: retryPolicy(options, documentRetryPolicy),
    flights: new LayerFlights(),
    downloads: new Downloads(downloads, lifetime),
    layerSlots: new SlotCount(layerSlots({ maxDownloads, maxUnpacks })),
    requireSignatures: options.requireSchema1Signatures ?? false,
  }
  live.follow((values) => resizeParts(parts, values))
  auto?.watch(parts.downloads, lifetime)
  return parts
}

/** Number of layers of one pull that are processed concurrently: so many that neither limit waits for the other. */
const layerSlots = ({ maxDownloads, maxUnpacks }: Pick<LimitValues, 'maxDownloads' | 'maxUnpacks'>): number =>
  maxDownloads + maxUnpacks + 1

/** Changes the limits of resources in use. */
function resizeParts(parts: PullParts, values: LimitValues): void {
  parts.downloads.resize(values.maxDownloads)
  parts.pool.resize(values.maxUnpacks)
  if (typeof parts.layerSlots !== 'number') parts.layerSlots.set(layerSlots(values))
}

/** Rewrites the files without which the store in `directory` cannot be opened or read. @throws STORE_* */
export const repairBeforeOpening = (
  directory: string,
  waiting: MetadataLockOptions,
): Promise<RepairedFile[]> => repairFiles(directory, { ...waiting, onBehalfOf: userBehindSudo() })

/** Returns the user who became root with sudo(8) or pkexec(1); undefined if the environment does not say. */
function userBehindSudo(env: NodeJS.ProcessEnv = process.env): number | undefined {
  const said = env['SUDO_UID'] ?? env['PKEXEC_UID']
  return said !== undefined && /^\d{1,10}$/.test(said) ? Number(said) : undefined
}
