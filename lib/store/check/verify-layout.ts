/** Whether the file that says to other programs that this is an OCI image layout says what the store wrote into it. */
import { lstat, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { publish, writeSynced } from '../files/durable.js'
import { isObject, parseJson } from '../files/json-object.js'
import { layoutFile, layoutText, layoutVersion, versionFile } from '../files/layout-files.js'
import type { Run } from '../staging/run.js'
import { storing, unlessMissing } from '../files/store-error.js'

export interface LayoutFault {
  readonly path: string
  /** As a clause. */
  readonly why: string
}

/** Undefined where all is well, or where another program made the layout: it may have its own ideas of the version. */
export function layoutFault(store: string): Promise<LayoutFault | undefined> {
  const path = join(store, layoutFile)
  return storing('look at the layout', path, async () => {
    if (!(await unlessMissing(lstat(join(store, versionFile))))) return undefined
    const layout = parseJson((await unlessMissing(readFile(path, 'utf8'))) ?? '')
    const said = isObject(layout) ? layout['imageLayoutVersion'] : undefined
    if (said === layoutVersion) return undefined
    return {
      path,
      why: `it says that its version is ${JSON.stringify(said)}, and should say ${layoutVersion}`,
    }
  })
}

/** Writes the file again. */
export function repairLayout({ path }: LayoutFault, run: Run): Promise<void> {
  return storing('write the layout', path, () =>
    run.withFreshPath('layout', undefined, async (staged) => {
      await writeSynced(staged, layoutText)
      await publish(staged, path)
    }),
  )
}
