/** Writes an archive to a file, which is complete or unchanged. */
import { dirname, join } from 'node:path'
import type { WrittenArchive } from '../../archive/index.js'
import { batches } from '../../bytes/index.js'
import { openLarge, rename } from '../../system/files.js'
import { throwIfAborted } from '../layout/cancelled.js'
import { withLayoutErrors } from '../layout/layout-error.js'
import { appenderTo, syncDirectory } from '../layout/temporary-file.js'
import { assertReplaceable } from './replaceable.js'
import { type Staging, createStaging } from './staging.js'

/**
 * Creates the temporary directory for an archive at `file`.
 * @throws USAGE when the file must not be replaced; STORE_*; CANCELLED
 */
export const stageArchive = (file: string, signal?: AbortSignal): Promise<Staging> =>
  withLayoutErrors('make a temporary directory', dirname(file), async () => {
    await assertReplaceable(file)
    return createStaging(file, signal)
  })

/**
 * Writes the archive to the temporary directory, and renames it to its path.
 * @throws USAGE when the file must not be replaced; STORE_*; errors of the archive; CANCELLED
 */
export const publishArchive = (
  { stream, done }: WrittenArchive,
  { directory, target }: Staging,
  signal?: AbortSignal,
): Promise<void> =>
  withLayoutErrors('write the archive', target, async () => {
    const path = join(directory, 'archive.tar')
    const file = await openLarge(path, 'w', 0o644)
    try {
      const append = appenderTo(file)
      const writeAll = async (): Promise<void> => {
        for await (const batch of batches(stream)) await append(batch)
      }
      await Promise.all([done, writeAll()])
      await file.sync()
    } catch (error) {
      throwIfAborted(signal)
      throw error
    } finally {
      stream.destroy()
      await file.close()
    }
    await assertReplaceable(target)
    await rename(path, target)
    await syncDirectory(dirname(target))
  })

/**
 * Writes an archive to `file`. Nothing is left of it after a failure.
 * @param write - begins the archive
 * @throws as `publishArchive`; errors of `write`
 */
export async function writeArchiveFile(
  file: string,
  write: () => Promise<WrittenArchive>,
  signal?: AbortSignal,
): Promise<void> {
  const staging = await stageArchive(file, signal)
  try {
    await publishArchive(await write(), staging, signal)
  } finally {
    await staging.remove()
  }
}
