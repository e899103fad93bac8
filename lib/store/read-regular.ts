/** Reads a small file of the store: never through a link, and never waiting for the other end of a fifo. */
import { constants } from 'node:fs'
import { WindlassError } from '../errors.js'
import { open } from '../system/files.js'
import { codeOf, unlessMissing } from './store-error.js'

/** What the file at `path` says; undefined where there is none. @throws WindlassError STORE_CORRUPT where it is no regular file */
export async function readRegular(path: string): Promise<string | undefined> {
  const file = await unlessMissing(openRegular(path))
  if (!file) return undefined
  try {
    if (!(await file.stat()).isFile()) throw notRegular(path)
    return await file.readText()
  } finally {
    await file.close()
  }
}

/** The same of a file without which one can do: something else in its place is none. */
export async function readIfRegular(path: string): Promise<string | undefined> {
  try {
    return await readRegular(path)
  } catch (error) {
    if (error instanceof WindlassError) return undefined
    throw error
  }
}

async function openRegular(path: string) {
  try {
    return await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK)
  } catch (error) {
    // A link; a socket or a device without a driver.
    if (['ELOOP', 'ENXIO', 'ENODEV'].includes(codeOf(error) ?? '')) throw notRegular(path)
    throw error
  }
}

const notRegular = (path: string): WindlassError =>
  new WindlassError('STORE_CORRUPT', `In the store, ${path} is not a regular file`, {
    path,
    hint: 'Nothing in a store is followed through links. Move it away, or name another store with --store.',
  })
