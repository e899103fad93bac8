/** Verifies and repairs `oci-layout`, the file that marks the store as an OCI image layout. */
import { lstat, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { publish, writeSynced } from '../files/durable.js'
import { isObject, parseJson } from '../files/json-object.js'
import { layoutFile, layoutText, layoutVersion, versionFile } from '../files/layout-files.js'
import type { Run } from '../staging/run.js'
import { withStoreErrors, ignoreMissing } from '../files/store-error.js'

/** A damaged `oci-layout` file. */
export interface LayoutFault {
  readonly path: string
  /** What is wrong, as a clause. */
  readonly why: string
}

/**
 * Returns the fault of `oci-layout`, or undefined if the file is valid. A layout without the version file of Windlass
 * was created by another tool. It is not checked, because it may have another version. @throws WindlassError STORE_*
 */
export function layoutFault(store: string): Promise<LayoutFault | undefined> {
  const path = join(store, layoutFile)
  return withStoreErrors('inspect the layout', path, async () => {
    if (!(await ignoreMissing(lstat(join(store, versionFile))))) return undefined
    const layout = parseJson((await ignoreMissing(readFile(path, 'utf8'))) ?? '')
    const version = isObject(layout) ? layout['imageLayoutVersion'] : undefined
    if (version === layoutVersion) return undefined
    return {
      path,
      why:
        version === undefined
          ? 'it states no version'
          : `its version is ${JSON.stringify(version)} instead of ${layoutVersion}`,
    }
  })
}

/** Rewrites `oci-layout`. @throws WindlassError STORE_* */
export function repairLayout({ path }: LayoutFault, run: Run): Promise<void> {
  return withStoreErrors('write the layout', path, () =>
    run.withFreshPath('layout', undefined, async (staged) => {
      await writeSynced(staged, layoutText)
      await publish(staged, path)
    }),
  )
}
