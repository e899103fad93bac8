/** Checks whether a directory contains a store. For commands that must not create one. */
import { join } from 'node:path'
import { WindlassError } from '../../errors.js'
import { lstatIfThere, statIfThere } from '../../system/files.js'
import { isDirectory } from '../files/durable.js'
import { layoutFile, versionFile } from '../files/layout-files.js'
import { withStoreErrors } from '../files/store-error.js'

/**
 * Reports whether `directory` contains a store, including one that has lost `oci-layout` or that another tool created.
 * Returns true for an entry that is not a directory, for example a dangling link: opening it reports the problem.
 * @throws WindlassError STORE_* when it cannot be accessed
 */
export async function isStoreAt(directory: string): Promise<boolean> {
  return withStoreErrors('open the store', directory, async () => {
    const found = await statIfThere(directory)
    if (!found?.isDirectory()) return (found ?? (await lstatIfThere(directory))) !== undefined
    return (await lstatIfThere(join(directory, layoutFile))) !== undefined || (await hasStoreFiles(directory))
  })
}

/**
 * Reports whether `store` contains a store: one of this program by its version file, one of another tool by its blobs
 * and its list of names.
 */
export async function hasStoreFiles(store: string): Promise<boolean> {
  const [version, index] = await Promise.all(
    [versionFile, 'index.json'].map((name) => lstatIfThere(join(store, name))),
  )
  return version !== undefined || (index !== undefined && (await isDirectory(join(store, 'blobs'))))
}

/** Returns the STORE_CORRUPT error for a directory without a store. */
export const noStoreError = (directory: string): WindlassError =>
  new WindlassError('STORE_CORRUPT', `There is no store at ${directory}`, {
    path: directory,
    hint: 'Create one with “windlass pull IMAGE”, or name another one with “--store DIR”.',
  })
