/** What stands in the file of a pointer from a blob to its layer: the diffID and a newline, and nothing else. */
import { type Digest, isDigest } from '../../image/index.js'
import { readIfRegular } from '../files/read-regular.js'
import { codeOf } from '../files/store-error.js'

export const formatPointer = (diffID: Digest): string => `${diffID}\n`

/** Undefined where there is none, or one that cannot be read. */
export async function readPointer(path: string): Promise<Digest | undefined> {
  const text = await readIfRegular(path).catch((error: unknown) => {
    if (codeOf(error) !== 'EACCES') throw error
    return undefined
  })
  const diffID = text?.slice(0, -1)
  return isDigest(diffID) && text === formatPointer(diffID) ? diffID : undefined
}
