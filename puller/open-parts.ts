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
import { AutoDownloads } from './control/auto-downloads.js'
import { PullerLimits } from './control/live-limits.js'
import { type LimitValues, type OpenOptions, storeDirectory } from './options/options.js'
import { imagePolicy } from './options/policy-options.js'
import type { PullParts } from '../pipelines/pull-stages.js'
import { retryPolicy } from './options/retry.js'

/**
 * Opens the store and creates the other shared resources.
 * @param lifetime - the scope of work that outlives a pull
 * @param waiting - reports waits for locks of the store, and ends them when its signal aborts
 * @param liveLimits - limits of the puller; changes are applied to the resources
 * @throws STORE_* when the store cannot be opened
 */
export async function openParts(
  options: OpenOptions,
  limits: Limits,
  lifetime: Scope,
  waiting: Pick<StoreOptions, 'onWarning' | 'signal'> = {},
  liveLimits = new PullerLimits(options),
): Promise<PullParts> {
  const { maxDownloads, maxUnpacks } = liveLimits.get()
  const { foreignUrls } = options
  const auto = liveLimits.isAuto ? new AutoDownloads(liveLimits) : undefined
  const downloadOptions = {
    slots: maxDownloads,
    retry: retryPolicy(options),
    ...(foreignUrls && { foreignUrls }),
    ...(auto && { onRefused: auto.onRefused }),
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
    downloads: new Downloads(downloadOptions, lifetime),
    layerSlots: new SlotCount(layerSlots({ maxDownloads, maxUnpacks })),
    policy: await imagePolicy(options.policy),
    requireSignatures: options.requireSchema1Signatures ?? false,
  }
  liveLimits.follow((values) => resizeParts(parts, values))
  auto?.watch(parts.downloads, lifetime)
  return parts
}

/**
 * Number of layers of one pull that are processed concurrently: enough to use all slots for downloads and unpacking.
 */
const layerSlots = ({ maxDownloads, maxUnpacks }: Pick<LimitValues, 'maxDownloads' | 'maxUnpacks'>): number =>
  maxDownloads + maxUnpacks + 1

/** Changes the limits of resources in use. */
function resizeParts(parts: PullParts, values: LimitValues): void {
  parts.downloads.resize(values.maxDownloads)
  parts.pool.resize(values.maxUnpacks)
  if (typeof parts.layerSlots !== 'number') parts.layerSlots.set(layerSlots(values))
}

/** Repairs the files that are required to open the store in `directory`. @throws STORE_* */
export const repairBeforeOpening = (
  directory: string,
  waiting: MetadataLockOptions,
): Promise<RepairedFile[]> => repairFiles(directory, { ...waiting, onBehalfOf: userBehindSudo() })

/** Returns the uid of the user who became root with sudo(8) or pkexec(1); undefined if the environment does not say. */
function userBehindSudo(env: NodeJS.ProcessEnv = process.env): number | undefined {
  const uid = env['SUDO_UID'] ?? env['PKEXEC_UID']
  return uid !== undefined && /^\d{1,10}$/.test(uid) ? Number(uid) : undefined
}
