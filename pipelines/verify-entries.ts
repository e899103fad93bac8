/** The entries of `index.json` that are wrong by themselves, whatever they point at. */
import { type Digest, isDigest, isForeignDigest } from '../lib/image/index.js'
import { type Store, entryTitle, entryWord } from '../lib/store/index.js'

export interface FaultyEntry {
  /** As much as can be read of it. */
  readonly name: string
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
  const rotten = new Set((await names.rotten()).map(({ key }) => key))
  return (await names.entries()).flatMap((entry) => {
    const why = rotten.has(entry.key)
      ? 'its entry is not as it was written: it has rotted, or another program changed it'
      : entry.problem !== undefined && !isForeignDigest(entry.digest)
        ? `its entry cannot be read: ${entry.problem}`
        : undefined
    if (why === undefined) return []
    const digest = isDigest(entry.digest) ? entry.digest : undefined
    return { name: entry.name ?? entryTitle(entry), digest, why, word: entryWord(entry) }
  })
}
