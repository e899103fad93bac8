/** Finds entries of `index.json` that are faulty in themselves, independent of what they point at. */
import { type Digest, isDigest, isUnsupportedDigest } from '../../lib/image/index.js'
import { type Store, entryArgument } from '../../lib/store/index.js'

/** A faulty entry of `index.json`. */
export interface FaultyEntry {
  /** The name of the entry. Without a name: empty if the entry has a digest, else the key of the entry. */
  readonly names: readonly string[]
  readonly digest: Digest | undefined
  /** The fault, as a clause. */
  readonly why: string
  /** The argument with which `windlass rm` removes the entry. */
  readonly removeArgument: string
}

/**
 * Returns the entries that Windlass wrote and that have changed since, and the entries of any tool that cannot be read.
 * An entry whose digest has an unsupported algorithm is not a fault.
 */
export async function faultyEntries({ names }: Pick<Store, 'names'>): Promise<FaultyEntry[]> {
  const corrupt = new Set((await names.corrupt()).map(({ key }) => key))
  return (await names.entries()).flatMap((entry) => {
    const why = corrupt.has(entry.key)
      ? 'its entry was damaged, or changed by another program'
      : entry.problem !== undefined && !isUnsupportedDigest(entry.digest)
        ? `its entry cannot be read: ${entry.problem}`
        : undefined
    if (why === undefined) return []
    const digest = isDigest(entry.digest) ? entry.digest : undefined
    const names = entry.name !== undefined ? [entry.name] : digest ? [] : [entry.key]
    return { names, digest, why, removeArgument: entryArgument(entry) }
  })
}
