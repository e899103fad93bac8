/** Reads and replaces `index.json`, the list of images of a layout. */
import type { Stats } from 'node:fs'
import { dirname, join } from 'node:path'
import { WindlassError } from '../../errors.js'
import { printable } from '../../codec/index.js'
import { lstatIfExists } from '../../system/files.js'
import { OutsideFileError, readOutsideFile } from '../../system/outside-file.js'
import { withLayoutErrors } from './layout-error.js'
import { type LayoutIndex, parseLayoutIndex } from './layout-index.js'
import { withLayoutLock } from './layout-lock.js'
import { writeAtomically } from './temporary-file.js'

/** Maximum size of the list in bytes. 20,000 entries take about 10 MB. */
const maxIndexBytes = 64 * 1024 * 1024

/** Maximum number of attempts to change the list while other tools, which do not use the lock, keep changing it. */
const maxAttempts = 100

/**
 * Reads the list of images of the layout in `directory`. Returns undefined if there is none.
 * @throws STORE_CORRUPT when it cannot be read
 */
export async function readIndex(directory: string): Promise<LayoutIndex | undefined> {
  const path = join(directory, 'index.json')
  let text: string
  try {
    text = readOutsideFile(path, { maxBytes: maxIndexBytes }).toString('utf8')
  } catch (error) {
    if (error instanceof OutsideFileError && error.reason === 'missing') return undefined
    throw unreadableError(path, error instanceof Error ? error.message : String(error), error)
  }
  const index = parseLayoutIndex(text)
  if (index === undefined) throw unreadableError(path, 'it is not a list of images')
  return Promise.resolve(index)
}

/**
 * Changes the list of images: `change` returns the new text, which replaces the file by one rename. Other tools, which
 * do not use the lock, may change the file at the same time. Their changes are kept unless they happen between the last
 * check and the rename.
 * @throws STORE_CORRUPT when the list cannot be read; STORE_* when it cannot be written; CANCELLED
 */
export async function changeIndex(
  directory: string,
  change: (index: LayoutIndex) => string,
  signal?: AbortSignal,
): Promise<void> {
  const path = join(directory, 'index.json')
  await withLayoutErrors('write the list of images', path, () =>
    withLayoutLock(
      directory,
      async () => {
        for (let attempt = 1; attempt <= maxAttempts; attempt++) if (await tryReplace(path, change)) return
        throw unreadableError(path, 'another tool keeps changing it')
      },
      signal,
    ),
  )
}

/** Replaces the list once. Returns false if it was changed meanwhile. */
async function tryReplace(path: string, change: (index: LayoutIndex) => string): Promise<boolean> {
  const before = await lstatIfExists(path)
  const index = (await readIndex(dirname(path))) ?? { document: {}, entries: [] }
  return writeAtomically(path, change(index), async () => isSame(before, await lstatIfExists(path)))
}

const isSame = (one: Stats | undefined, other: Stats | undefined): boolean =>
  one?.ino === other?.ino && one?.mtimeMs === other?.mtimeMs && one?.size === other?.size

const unreadableError = (path: string, why: string, cause?: unknown): WindlassError =>
  new WindlassError('STORE_CORRUPT', `Failed to read the list of images at ${printable(path)}: ${why}`, {
    ...{ path, cause },
    hint: 'Name another layout, or have the tool that made this one repair it.',
  })
