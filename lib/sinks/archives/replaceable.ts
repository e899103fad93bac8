/** Decides whether a copy may replace a file by an archive. */
import { ArchiveFile, dockerListPath, indexPath } from '../../archive/index.js'
import { printable } from '../../codec/index.js'
import { WindlassError } from '../../errors.js'
import { defaultLimits } from '../../limits.js'
import { statIfExists } from '../../system/files.js'

/**
 * Returns if there is no file at `path`, an empty one, or an archive of images. Anything else was probably not meant to be
 * replaced.
 * @throws USAGE
 */
export async function assertReplaceable(path: string): Promise<void> {
  const stats = await statIfExists(path)
  if (stats === undefined) return
  if (!stats.isFile())
    throw refusal(path, stats.isDirectory() ? 'it is a directory' : 'it is not a regular file')
  if (stats.size > 0 && !(await isImageArchive(path)))
    throw refusal(path, 'it exists and is not an archive of images')
}

async function isImageArchive(path: string): Promise<boolean> {
  const archive = new ArchiveFile(path, defaultLimits)
  try {
    const documents = await archive.documents()
    return [indexPath, dockerListPath].some((name) => documents.file(name) !== undefined)
  } catch (error) {
    if (error instanceof WindlassError) return false
    throw error
  } finally {
    await archive.close()
  }
}

const refusal = (path: string, why: string): WindlassError =>
  new WindlassError('USAGE', `Cannot write an archive to ${printable(path)}: ${why}`, {
    path,
    hint: 'Name another file, or remove this one.',
  })
