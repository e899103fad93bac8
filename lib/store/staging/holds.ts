/** What the runs in the staging area say that they need. */
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { type Digest, isDigest } from '../../image/index.js'
import { readRegular } from '../files/read-regular.js'
import { holdsName } from './run.js'
import { unlessMissing } from '../files/store-error.js'

/**
 * All that any run holds, a dead one's too as long as it is not swept: better kept once too often. Read it under the
 * metadata lock, under which it is written. A line that a kill or a full disk cut short is no digest, and was never
 * relied on.
 */
export async function heldByRuns(staging: string): Promise<Set<Digest>> {
  const held = new Set<Digest>()
  for (const run of (await unlessMissing(readdir(staging))) ?? []) {
    const text = await readRegular(join(staging, run, holdsName))
    for (const line of text?.split('\n') ?? []) if (isDigest(line)) held.add(line)
  }
  return held
}
