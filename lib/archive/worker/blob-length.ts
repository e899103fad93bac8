/** How long a blob is that is there as a whole. */
import { lstat } from 'node:fs/promises'
import { WindlassError } from '../../errors.js'
import { failure } from '../failure.js'
import type { Growth } from './task.js'

/** Links are not followed and pipes never opened: a blob is a file. */
export async function lengthOf(path: string): Promise<number> {
  const stats = await lstat(path).catch((error: unknown) => {
    throw failure(path, error)
  })
  if (stats.isFile()) return stats.size
  throw new WindlassError('STORE_CORRUPT', `The blob ${path} is no regular file`, {
    hint: 'Remove it and pull again.',
  })
}

/** What there is to follow of it. */
// eslint-disable-next-line @typescript-eslint/require-await -- the reader of a file takes its lengths as they come
export async function* whole(length: number): AsyncGenerator<Growth, void, undefined> {
  yield { length, final: true }
}
