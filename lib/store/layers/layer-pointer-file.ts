/** The format of a pointer from a blob to its layer: a diffID and a newline. */
import { type Digest, isDigest } from '../../image/index.js'
import { readIfRegular } from '../files/read-regular.js'
import { errnoOf } from '../files/store-error.js'

/** Returns the content of a pointer to `diffID`. */
export const formatPointer = (diffID: Digest): string => `${diffID}\n`

/** Returns the diffID in the pointer at `path`; undefined if the pointer is missing, unreadable or malformed. */
export async function readPointer(path: string): Promise<Digest | undefined> {
  const text = await readIfRegular(path).catch((error: unknown) => {
    if (errnoOf(error) !== 'EACCES') throw error
    return undefined
  })
  const diffID = text?.slice(0, -1)
  return isDigest(diffID) && text === formatPointer(diffID) ? diffID : undefined
}
