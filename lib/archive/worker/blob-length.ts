/** Reads the length of complete blobs. */
import { lstat } from 'node:fs/promises'
import { WindlassError } from '../../errors.js'
import { unpackError } from '../failure.js'
import type { Growth } from './task.js'

/**
 * Returns the length of the file in bytes. Does not follow links or open FIFOs.
 * @throws WindlassError STORE_CORRUPT when it is not a regular file; STORE_*
 */
export async function blobLength(path: string): Promise<number> {
  const stats = await lstat(path).catch((error: unknown) => {
    throw unpackError(path, error)
  })
  if (stats.isFile()) return stats.size
  throw new WindlassError('STORE_CORRUPT', `The blob ${path} is not a regular file`, {
    hint: 'Remove it and pull again.',
  })
}

/** Yields the length of a complete file as its only, final growth. */
// eslint-disable-next-line @typescript-eslint/require-await -- followFile requires an async iterable
export async function* completeGrowth(length: number): AsyncGenerator<Growth, void, undefined> {
  yield { length, final: true }
}
