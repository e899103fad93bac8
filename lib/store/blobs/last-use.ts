/**
 * Records when an image was used last: as the time of the file of its manifest or index. That time is not needed for anything
 * else, a change costs one system call and no lock, and a power failure may at worst lose it.
 */
import { setTimes } from '../../system/files.js'

/**
 * Records that the image whose manifest or index is the blob at `path` was used now. Does nothing if the blob is missing, or belongs to
 * another user, or the store is read-only: an image can be used whether or not this is recorded.
 */
export const markUsedAt = (path: string): Promise<void> => setTimes(path, Date.now()).catch(() => undefined)
