/** The entries of `index.json` that are wrong by themselves, whatever they point at. */
import { type Digest, isDigest, isForeignDigest } from '../../lib/image/index.js'
import { type Store, entryWord } from '../../lib/store/index.js'

export interface FaultyEntry {
  /** Its name, or its key where there is no digest either: as much as can be said of it. */
  readonly names: readonly string[]
  readonly digest: Digest | undefined
  /** As a clause. */
  readonly why: string
  /** What `windlass rm` takes for it. */
  readonly word: string
}

/**
 * Entries of ours that are not as we wrote them, and those of any tool that cannot be read. One whose digest is of an
 * algorithm that is not supported is right, and of no use here.
 */
export async function faultyEntries({ names }: Pick<Store, 'names'>): Promise<FaultyEntry[]> {
  const corrupt = new Set((await names.corrupt()).map(({ key }) => key))
  return (await names.entries()).flatMap((entry) => {
    const why = corrupt.has(entry.key)
      ? 'its entry is not as it was written: it has rotted, or another program changed it'
      : entry.problem !== undefined && !isForeignDigest(entry.digest)
        ? `its entry cannot be read: ${entry.problem}`
        : undefined
    if (why === undefined) return []
    const digest = isDigest(entry.digest) ? entry.digest : undefined
    const names = entry.name !== undefined ? [entry.name] : digest ? [] : [entry.key]
    return { names, digest, why, word: entryWord(entry) }
  })
}
