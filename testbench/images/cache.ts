/** Caches expensive build results in the temporary directory between runs, under a key of their inputs. */
import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, readdir, readFile, rename, rm, stat, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { runTool } from '../harness/run-tool.js'

const imageSources = fileURLToPath(new URL('.', import.meta.url))

/** Returns a hash of what the images depend on: the files of this folder, and all installed packages. */
async function contentKey(): Promise<string> {
  const hash = createHash('sha256')
  for (const file of (await readdir(imageSources)).sort())
    hash.update(file).update(await readFile(join(imageSources, file)))
  hash.update(await runTool('dpkg-query', ['-W']))
  return hash.digest('hex').slice(0, 16)
}

let root: Promise<string> | undefined

/** Returns the directory for this version of the images. Removes the directories of other versions that are old. */
export function cacheRoot(): Promise<string> {
  return (root ??= (async () => {
    const name = `windlass-test-images-${await contentKey()}`
    for (const other of await readdir(tmpdir()))
      if (other.startsWith('windlass-test-images-') && other !== name && (await isOld(join(tmpdir(), other))))
        await rm(join(tmpdir(), other), { recursive: true, force: true })
    await mkdir(join(tmpdir(), name), { recursive: true, mode: 0o700 })
    await utimes(join(tmpdir(), name), new Date(), new Date())
    return join(tmpdir(), name)
  })())
}

/** Reports whether a directory was last used more than an hour ago. A newer one may be in use by another run. */
const isOld = async (path: string): Promise<boolean> => {
  const seen = await stat(path).catch(() => undefined)
  return seen !== undefined && Date.now() - seen.mtimeMs > 3_600_000
}

/**
 * Returns the directory `name` of the cache. If it does not exist, `build` fills a temporary directory, which is then
 * renamed. If several processes need the directory at the same time, one of them builds it.
 */
export async function buildOnce(name: string, build: (directory: string) => Promise<void>): Promise<string> {
  const parent = await cacheRoot()
  const ready = join(parent, name)
  const lock = `${ready}.lock`
  while (!existsSync(ready)) {
    if (!(await takeLock(lock))) {
      await setTimeout(100)
      continue
    }
    try {
      if (existsSync(ready)) break
      for (const entry of await readdir(parent))
        if (entry.startsWith(`${name}.new-`)) await rm(join(parent, entry), { recursive: true })
      const staging = await mkdtemp(join(parent, `${name}.new-`))
      await build(staging)
      await rename(staging, ready)
    } finally {
      await rm(lock, { force: true })
    }
  }
  return ready
}

/**
 * Creates the lock file, which contains the id of this process. If it exists, returns false, and removes it if its
 * process has ended.
 */
async function takeLock(lock: string): Promise<boolean> {
  try {
    await writeFile(lock, String(process.pid), { flag: 'wx' })
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
    const holder = Number(await readFile(lock, 'utf8').catch(() => ''))
    if (holder > 0 && !existsSync(`/proc/${holder}`)) await rm(lock, { force: true })
    return false
  }
}
