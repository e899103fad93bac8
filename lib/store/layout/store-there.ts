/** Checks whether a directory contains a store, for commands that must not create one. */
import { join } from 'node:path'
import { WindlassError } from '../../errors.js'
import { lstatIfExists, statIfExists } from '../../system/files.js'
import { isDirectory } from '../files/durable.js'
import { layoutFile, versionFile } from '../files/layout-files.js'
import { withStoreErrors } from '../files/store-error.js'

/**
 * Reports whether `directory` contains a store, including one without `oci-layout` and one that another tool created.
 * Also returns true if `directory` is not a directory, for example a dangling link: opening it then reports the
 * problem.
 * @throws WindlassError STORE_* when it cannot be accessed
 */
export async function isStoreAt(directory: string): Promise<boolean> {
  return withStoreErrors('open the store', directory, async () => {
    const found = await statIfExists(directory)
    if (!found?.isDirectory()) return (found ?? (await lstatIfExists(directory))) !== undefined
    return (
      (await lstatIfExists(join(directory, layoutFile))) !== undefined || (await hasStoreFiles(directory))
    )
  })
}

/**
 * Reports whether the directory `store` contains the files of a store: `windlass.json`, or the `index.json` and
 * `blobs/` of another tool.
 */
export async function hasStoreFiles(store: string): Promise<boolean> {
  const [version, index] = await Promise.all(
    [versionFile, 'index.json'].map((name) => lstatIfExists(join(store, name))),
  )
  return version !== undefined || (index !== undefined && (await isDirectory(join(store, 'blobs'))))
}

/** Returns the STORE_CORRUPT error for a directory without a store. */
export const noStoreError = (directory: string): WindlassError =>
  new WindlassError('STORE_CORRUPT', `There is no store at ${directory}`, {
    path: directory,
    hint: 'Create one with “windlass pull IMAGE”, or name another one with “--store DIR”.',
  })
