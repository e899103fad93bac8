/** Runs and measures one cold pull with the built command line in a separate process. */
import { existsSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { PullEvent } from '../../lib/events/index.js'
import { type Cost, measured } from './measured.js'
import { temporary } from './temporary.js'
import { type Timeline, timelineOf } from '../../puller/bench/timeline.js'

export interface Setting {
  readonly downloads: number
  readonly unpacks: number
}

export interface PullCost extends Cost {
  readonly setting: Setting
  /** Number of compressed bytes fetched. */
  readonly bytes: number
  readonly timeline: Timeline
}

const root = fileURLToPath(new URL('../..', import.meta.url))

/** Returns the path of the built command line. */
export function program(): string {
  const file = join(root, 'dist/cli/main.js')
  if (existsSync(file)) return file
  throw new Error('dist/cli/main.js is not there: build it first (npm run build)')
}

/** @param under directory for the store; the measured cost includes its disk */
export async function pullOnce(reference: string, setting: Setting, under: string): Promise<PullCost> {
  const directory = await temporary(under, 'windlass-sweep-')
  try {
    const { stderr, wall, cpu, memory } = await measured([
      ...[process.execPath, program(), 'pull', reference, '--store', join(directory, 'store')],
      ...['--progress', 'json', '--max-downloads', String(setting.downloads)],
      ...['--max-unpacks', String(setting.unpacks)],
    ])
    const events = stderr
      .split('\n')
      .filter((line) => line.startsWith('{'))
      .map((line) => JSON.parse(line) as PullEvent)
    const plan = events.find((event) => event.type === 'plan')
    return {
      ...{ setting, wall, cpu, memory },
      bytes: plan?.type === 'plan' ? plan.bytes.toDownload : 0,
      timeline: timelineOf(events),
    }
  } finally {
    await rm(directory, { recursive: true, force: true })
  }
}
