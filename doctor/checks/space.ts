/** Checks the free space and the free inodes of the store, and whether it can be written. */
import { accessSync, constants } from 'node:fs'
import { statfs } from 'node:fs/promises'
import { formatBytes, formatNumber } from '../../lib/quantities.js'
import { existingDirectory } from '../existing-directory.js'
import type { Check } from '../examination.js'
import { findingsOf } from '../finding.js'

const finding = findingsOf('space')

/** Free bytes and inodes below which pulls probably fail, or below which they may. */
const limits = { problem: { bytes: 100e6, inodes: 1_000 }, note: { bytes: 2e9, inodes: 50_000 } }

/** The state of a disk. `inodes` is undefined if the file system has no fixed number. */
export interface DiskState {
  readonly bytes: number
  readonly inodes: number | undefined
}

/** Returns the check with a function that reads the state of the disk of a directory. */
export const checkSpaceWith =
  (stateOf: (directory: string) => Promise<DiskState>): Check =>
  async ({ store }) => {
    const directory = existingDirectory(store)
    try {
      accessSync(directory, constants.W_OK | constants.X_OK)
    } catch {
      return [
        finding(
          'problem',
          `This user may not write to ${directory}, where the store is.`,
          'Name another directory with --store or WINDLASS_STORE.',
        ),
      ]
    }
    const { bytes, inodes } = await stateOf(directory)
    const free = `${formatBytes(bytes)}${inodes === undefined ? '' : ` and ${formatNumber(inodes)} inodes`}`
    for (const state of ['problem', 'note'] as const)
      if (bytes < limits[state].bytes || (inodes ?? Infinity) < limits[state].inodes)
        return [
          finding(
            state,
            `Only ${free} are free for the store at ${store}.`,
            'Free some with “windlass gc”, or name a store on another disk with --store.',
          ),
        ]
    return [finding('ok', `${free} are free for the store at ${store}.`)]
  }

async function diskState(directory: string): Promise<DiskState> {
  const { bsize, bfree, bavail, files, ffree } = await statfs(directory)
  const isRoot = process.getuid?.() === 0
  return { bytes: bsize * (isRoot ? bfree : bavail), inodes: files === 0 ? undefined : ffree }
}

/** Checks the free space of the store. */
export const checkSpace: Check = checkSpaceWith(diskState)
