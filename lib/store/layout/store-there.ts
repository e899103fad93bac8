/** Whether there is a store in a directory: for who only reads, and must not make one. */
import { join } from 'node:path'
import { WindlassError } from '../../errors.js'
import { lstatIfThere, statIfThere } from '../../system/files.js'
import { layoutFile } from '../files/layout-files.js'
import { isStore } from '../check/repair-files.js'
import { storing } from '../files/store-error.js'

/**
 * Whether `directory` holds a store: also one that has lost the file that says so, or that another tool made. True of
 * what is no directory, such as a link that leads to nothing: who opens it is told what is wrong.
 * @throws WindlassError STORE_* where that cannot be seen
 */
export async function isStoreAt(directory: string): Promise<boolean> {
  return storing('open the store', directory, async () => {
    const found = await statIfThere(directory)
    if (!found?.isDirectory()) return (found ?? (await lstatIfThere(directory))) !== undefined
    return (await lstatIfThere(join(directory, layoutFile))) !== undefined || (await isStore(directory))
  })
}

export const noStore = (directory: string): WindlassError =>
  new WindlassError('STORE_CORRUPT', `There is no store at ${directory}`, {
    path: directory,
    hint: 'Make one with “windlass pull IMAGE”, or name another with “--store DIR”.',
  })
