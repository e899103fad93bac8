/** Provides temporary files without a name. */
import { randomBytes } from 'node:crypto'
import { openSync, unlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/**
 * Creates an empty file in the directory for temporary files (`TMPDIR`), removes its name, and returns its open descriptor for
 * reading and writing. The file ends when the descriptor is closed, at the latest with the process.
 * @throws the errors of `node:fs`
 */
export function openUnnamedFile(directory: string = tmpdir()): number {
  const path = join(directory, `.windlass-${randomBytes(8).toString('hex')}`)
  const fd = openSync(path, 'wx+', 0o600)
  unlinkSync(path)
  return fd
}
