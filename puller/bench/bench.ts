/**
 * Finds the best limits on concurrency for an image, a registry, a network and a disk. It pulls the image repeatedly
 * with different limits, each time into an empty store.
 */
import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import path from 'node:path'
import { availableParallelism } from 'node:os'
import { WindlassError } from '../../lib/errors.js'
import type { PullEvent } from '../../lib/events/index.js'
import { checkArgument, checkOptions } from '../options/check-options.js'
import { anyText } from '../options/option-codecs.js'
import { benchTable } from '../options/option-table.js'
import { type BenchOptions, storeDirectory } from '../options/options.js'
import { open } from '../open.js'
import { type BenchRun, type BenchSetting, type GridResult, measureGrid } from './grid.js'

/** Result of `bench`. It is plain data. */
export interface BenchReport extends GridResult {
  /** Image name as it was given. */
  readonly image: string
  /** Start of the measurement, as in `Date.prototype.toISOString`. */
  readonly started: string
  /** Milliseconds. */
  readonly duration: number
}

/**
 * Pulls an image with every combination of the limits, several times in varying order, and recommends one. Each pull
 * has its own empty store and its own connections. The stores are removed.
 *
 * @throws USAGE; CANCELLED when `signal` aborts; the error of the first pull if it fails
 * @example
 * const { recommended } = await bench('registry.example/app:1', { downloads: [1, 3, 6], runs: 3 })
 * console.log(recommended.setting, recommended.why)
 */
export async function bench(image: string, options: BenchOptions = {}): Promise<BenchReport> {
  checkArgument('bench', 'image', anyText, image)
  checkOptions('bench', benchTable, options)
  const { unpack = true, onRun, signal } = options
  const unpacks = options.unpacks ?? [...new Set([1, 2, availableParallelism()])].sort((a, b) => a - b)
  const started = new Date()
  const under = options.under ?? path.dirname(storeDirectory(options.open ?? {}))
  if (options.under === undefined) await mkdir(under, { recursive: true })
  const directory = await scratchDirectory(under)
  try {
    const grid = await measureGrid({
      downloads: options.downloads ?? [1, 2, 3, 6, 10],
      unpacks: unpack ? unpacks : [1],
      runs: options.runs ?? 5,
      budget: options.budget ?? 300_000,
      onRun,
      measure: (setting) => pullOnce(image, setting, path.join(directory, 'store'), options),
      isFatal: () => signal?.aborted ?? false,
    })
    const duration = Date.now() - started.getTime()
    return { image, started: started.toISOString(), duration, ...grid }
  } finally {
    await rm(directory, { recursive: true, force: true })
  }
}

async function scratchDirectory(under: string): Promise<string> {
  try {
    return await mkdtemp(path.join(under, 'windlass-bench-'))
  } catch (cause) {
    throw new WindlassError(
      'STORE_IO',
      `Failed to create a directory for the throw-away stores in ${under}`,
      {
        ...{ path: under, cause },
        hint: 'Name a directory that this user may write to with --under (in code: under).',
      },
    )
  }
}

/** Pulls once into an empty store at `store`, and removes it. */
async function pullOnce(
  image: string,
  { downloads, unpacks }: BenchSetting,
  store: string,
  { open: openOptions = {}, platform, unpack = true, signal }: BenchOptions,
): Promise<BenchRun> {
  signal?.throwIfAborted()
  const windlass = await open({ ...openOptions, store, maxDownloads: downloads, maxUnpacks: unpacks })
  try {
    const events: PullEvent[] = []
    const [start, before] = [performance.now(), process.cpuUsage()]
    const pull = windlass.pull(image, {
      unpack,
      ...(platform !== undefined && { platform }),
      ...(signal && { signal }),
    })
    pull.events.subscribe((event) => events.push(event))
    await pull.done
    await pull.closed()
    const { user, system } = process.cpuUsage(before)
    return { wall: (performance.now() - start) / 1000, cpu: (user + system) / 1e6, events }
  } finally {
    await windlass.close()
    await rm(store, { recursive: true, force: true })
  }
}
