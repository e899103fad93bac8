/** Reads the digests that the runs in the staging area hold. */
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { type Digest, isDigest } from '../../image/index.js'
import { readRegular } from '../files/read-regular.js'
import { holdsName } from './run.js'
import { ignoreMissing } from '../files/store-error.js'

/**
 * Returns the digests that any run holds, including dead runs that are not swept yet. The caller holds the metadata
 * lock, under which holds are written. An incomplete line, after a kill or on a full disk, is ignored: nothing relies
 * on it.
 */
export async function digestsHeldByRuns(staging: string): Promise<Set<Digest>> {
  const held = new Set<Digest>()
  for (const run of (await ignoreMissing(readdir(staging))) ?? []) {
    const text = await readRegular(join(staging, run, holdsName))
    for (const line of text?.split('\n') ?? []) if (isDigest(line)) held.add(line)
  }
  return held
}
