/**
 * Replaces the text of a credentials file atomically: a reader sees the old or the new text, and a crash leaves one of them.
 * Windlass processes that write at the same time wait for each other by a lock on the directory. Docker and Podman take no
 * lock: if the file changes meanwhile, it is read and edited again.
 */
import { randomBytes } from 'node:crypto'
import { chown, lstat, mkdir, open, readlink, realpath, rename, rm, stat } from 'node:fs/promises'
import { basename, dirname, join, resolve } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { WindlassError } from '../../../errors.js'
import { quoted } from '../../../codec/printable.js'
import { lockFile } from '../../../system/lock.js'
import { SystemError } from '../../../system/system-error.js'
import { codeOf, fileError, readConfigFile } from '../read-config-file.js'

/** Returns the new text of a file, or undefined to leave it as it is. `text` is empty if there is no file. */
export type EditText = (text: string) => string | undefined

const lockTimeout = 10_000
/** Milliseconds between two attempts to lock. */
const lockInterval = 20
const maxAttempts = 20

/**
 * Edits the file at `path`, or creates it with mode 0600, with its directory. Symbolic links are followed. An existing file
 * gets mode 0600 and keeps its owner. Returns whether the file was changed.
 * @throws USAGE when the file cannot be read or written; CANCELLED while it waits for another process; errors of `edit`
 */
export async function editFile(path: string, edit: EditText, signal?: AbortSignal): Promise<boolean> {
  const failed = (cause: unknown): never => {
    if (cause instanceof WindlassError) throw cause
    throw writeError(path, cause)
  }
  const target = await finalTarget(path).catch(failed)
  const directory = dirname(target)
  await mkdir(directory, { recursive: true, mode: 0o700 }).catch(failed)
  const handle = await open(directory).catch(failed)
  try {
    await takeLock(handle.fd, path, signal)
    for (let attempt = 1; attempt <= maxAttempts; attempt++) {
      const before = await versionOf(target)
      const text = await readText(target, path)
      const edited = edit(text)
      if (edited === undefined || edited === text) return false
      if (await replace(target, edited, before)) {
        await handle.sync()
        return true
      }
    }
    throw fileError(path, 'changes all the time: another program writes it')
  } catch (error) {
    return failed(error)
  } finally {
    await handle.close() // releases the lock
  }
}

async function readText(target: string, path: string): Promise<string> {
  try {
    const text = await readConfigFile(target)
    if (text === undefined) throw fileError(path, 'is a directory')
    return text
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return ''
    throw error
  }
}

/** Writes a temporary file and renames it. Returns false if the target has changed since `before`. */
async function replace(target: string, text: string, before: string): Promise<boolean> {
  const temporary = join(dirname(target), `.${basename(target)}.${randomBytes(6).toString('hex')}`)
  const file = await open(temporary, 'wx', 0o600)
  try {
    try {
      await file.writeFile(text)
      await file.sync()
    } finally {
      await file.close()
    }
    await keepOwner(target, temporary)
    if ((await versionOf(target)) !== before) return false
    await rename(temporary, target)
    return true
  } finally {
    await rm(temporary, { force: true })
  }
}

/** Gives the temporary file the owner of the target: root must not take a file away from its user. */
async function keepOwner(target: string, temporary: string): Promise<void> {
  const [old, created] = await Promise.all([stat(target).catch(() => undefined), stat(temporary)])
  if (old !== undefined && old.uid !== created.uid) await chown(temporary, old.uid, old.gid)
}

/**
 * Identifies the state of a file: its inode, size and times; empty if it does not exist.
 * @throws USAGE when it is not a regular file
 */
async function versionOf(path: string): Promise<string> {
  const found = await stat(path, { bigint: true }).catch((error: unknown) => {
    if (codeOf(error) === 'ENOENT') return undefined
    throw error
  })
  // Renaming onto a device, such as /dev/null, would remove it.
  if (found?.isFile() === false) throw fileError(path, 'is not a regular file')
  return found === undefined ? '' : [found.dev, found.ino, found.size, found.mtimeNs, found.ctimeNs].join(' ')
}

/** Waits for the lock. Continues without one where the system has none. */
async function takeLock(fd: number, path: string, signal: AbortSignal | undefined): Promise<void> {
  const deadline = performance.now() + lockTimeout
  while (performance.now() < deadline) {
    if (signal?.aborted === true)
      throw new WindlassError('CANCELLED', `Cancelled while waiting to write ${quoted(path)}`, {
        cause: signal.reason,
      })
    try {
      if (lockFile(fd, { exclusive: true, wait: false })) return
    } catch (error) {
      if (error instanceof SystemError) return
      throw error
    }
    await setTimeout(lockInterval)
  }
  throw fileError(path, 'is locked by another process that saves a login')
}

/** Follows the symbolic links of a path. The last target need not exist. */
async function finalTarget(path: string): Promise<string> {
  let current = resolve(path)
  for (let links = 0; links < 40; links++) {
    const found = await lstat(current).catch(() => undefined)
    if (found === undefined || !found.isSymbolicLink()) break
    current = resolve(await realpath(dirname(current)), await readlink(current))
  }
  const directory = await realpath(dirname(current)).catch(() => dirname(current))
  return join(directory, basename(current))
}

const writeError = (path: string, cause: unknown): WindlassError =>
  new WindlassError('USAGE', `Failed to write the credentials file ${quoted(path)}: ${codeOf(cause)}`, {
    ...{ path, cause },
    hint: 'Check the permissions of the file and its directory, or name another file with --authfile.',
  })
