/** Creates an OCI image layout (image-spec image-layout.md), and checks an existing one. */
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { WindlassError } from '../../errors.js'
import { printable, quoted } from '../../codec/index.js'
import { type Digest, type DigestAlgorithm, algorithmOf, hexOf } from '../../image/index.js'
import { lstatIfExists, makeDirectories, mkdir } from '../../system/files.js'
import { OutsideFileError, readOutsideFile } from '../../system/outside-file.js'
import { errnoOf } from '../../system/index.js'
import { otherDirectoryHint } from './layout-error.js'
import { emptyIndex } from './layout-index.js'
import { withLayoutLock } from './layout-lock.js'
import { sweepTemporaries, syncDirectory, temporaryPrefix, writeAtomically } from './temporary-file.js'

const layoutText = '{"imageLayoutVersion":"1.0.0"}'

/**
 * Creates the layout in `directory`, with its parents, if it does not exist. Removes temporary files of killed
 * processes.
 * @throws STORE_CORRUPT when the path is something else, or a layout of a newer version; USAGE when it is a store of
 *   this program; the errors of `node:fs`
 */
export async function prepareLayout(directory: string, signal?: AbortSignal): Promise<void> {
  await makeDirectories(directory, 0o755)
  await withLayoutLock(
    directory,
    async () => {
      checkDirectory(directory)
      await sweepTemporaries(directory)
      await makeDirectory(join(directory, 'blobs'))
      for (const [name, text] of Object.entries({ 'index.json': emptyIndex, 'oci-layout': layoutText }))
        if ((await lstatIfExists(join(directory, name))) === undefined)
          await writeAtomically(join(directory, name), text)
    },
    signal,
  )
}

/**
 * Returns the directory of the blobs with digests of `algorithm`, and creates it if it does not exist.
 * @throws STORE_CORRUPT when it is something else, for example a link; the errors of `node:fs`
 */
export async function blobDirectory(directory: string, algorithm: DigestAlgorithm): Promise<string> {
  await makeDirectory(join(directory, 'blobs'))
  const path = join(directory, 'blobs', algorithm)
  await makeDirectory(path)
  return path
}

/** Flushes the names of all blobs to the disk. Their content was flushed before. */
export async function syncBlobs(directory: string): Promise<void> {
  const blobs = join(directory, 'blobs')
  for (const entry of readdirSync(blobs, { withFileTypes: true }))
    if (entry.isDirectory()) await syncDirectory(join(blobs, entry.name))
}

/** Returns the size of a blob; undefined if its path is not a regular file or leads through a link. */
export async function blobSize(directory: string, digest: Digest): Promise<number | undefined> {
  const blobs = join(directory, 'blobs')
  const ofAlgorithm = join(blobs, algorithmOf(digest))
  for (const each of [blobs, ofAlgorithm])
    if ((await lstatIfExists(each))?.isDirectory() !== true) return undefined
  const file = await lstatIfExists(join(ofAlgorithm, hexOf(digest)))
  return file?.isFile() === true ? file.size : undefined
}

async function makeDirectory(path: string): Promise<void> {
  try {
    await mkdir(path, 0o755)
    await syncDirectory(join(path, '..'))
  } catch (error) {
    if (errnoOf(error) !== 'EEXIST') throw error
    const found = await lstatIfExists(path)
    if (found?.isDirectory() === true) return
    throw corruptError(
      path,
      found?.isSymbolicLink() === true ? 'it is a symbolic link' : 'it is not a directory',
    )
  }
}

function checkDirectory(directory: string): void {
  const names = readdirSync(directory).filter((name) => !name.startsWith(temporaryPrefix))
  if (names.includes('windlass.json'))
    throw new WindlassError(
      'USAGE',
      `${printable(directory)} is a store of Windlass, and a copy cannot write to it`,
      {
        path: directory,
        hint: 'Pull into it with “windlass pull --store DIR IMAGE”, or copy to another directory.',
      },
    )
  if (names.includes('oci-layout')) checkVersion(join(directory, 'oci-layout'))
  else if (names.length > 0 && !names.includes('index.json'))
    throw corruptError(directory, 'the directory is neither empty nor an OCI image layout')
}

/** @throws STORE_CORRUPT when the version belongs to a future image-spec, or cannot be read */
function checkVersion(path: string): void {
  let version: unknown
  try {
    const layout: unknown = JSON.parse(readOutsideFile(path, { maxBytes: 64 * 1024 }).toString('utf8'))
    version = Object.entries(layout ?? {}).find(([name]) => name === 'imageLayoutVersion')?.[1]
  } catch (error) {
    throw corruptError(path, error instanceof OutsideFileError ? error.message : 'it is not JSON')
  }
  if (typeof version !== 'string' || !version.startsWith('1.'))
    throw corruptError(path, `its version is ${typeof version === 'string' ? quoted(version) : 'missing'}`)
}

const corruptError = (path: string, why: string): WindlassError =>
  new WindlassError('STORE_CORRUPT', `Failed to write to the layout at ${printable(path)}: ${why}`, {
    path,
    hint: otherDirectoryHint,
  })
