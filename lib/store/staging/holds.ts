/** Reads the `holds` files of all runs: the digests that processes need and that garbage collection must keep. */
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { type Digest, isDigest } from '../../image/index.js'
import { readRegular } from '../files/read-regular.js'
import { holdsFileName } from './run.js'
import { ignoreMissing } from '../files/store-error.js'

/**
 * Returns the digests that any run holds, including dead runs whose directory still exists. The caller must hold the
 * metadata lock, under which the files are written. Ignores a line that a killed process or a full disk left
 * incomplete: that process did not go on to use the digest.
 */
export async function digestsHeldByRuns(staging: string): Promise<Set<Digest>> {
  const held = new Set<Digest>()
  for (const run of (await ignoreMissing(readdir(staging))) ?? []) {
    const text = await readRegular(join(staging, run, holdsFileName))
    for (const line of text?.split('\n') ?? []) if (isDigest(line)) held.add(line)
  }
  return held
}
