import { ArchiveFile, readPart } from '../../../lib/archive/index.js'
import { defaultLimits } from '../../../lib/limits.js'

/** The parsed file `name` of the archive `path`; undefined if the archive does not have it. */
export async function archivedJson(path: string, name: string): Promise<unknown> {
  const archive = new ArchiveFile(path, defaultLimits)
  try {
    const file = (await archive.documents()).file(name)
    return file && JSON.parse((await readPart(file)).toString())
  } finally {
    await archive.close()
  }
}
