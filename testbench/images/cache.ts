/** Things that are slow to make, kept between runs in the temporary directory under a key of what they are made of. */
import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, readdir, readFile, rename, rm, stat, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { runTool } from '../harness/run-tool.js'

const here = fileURLToPath(new URL('.', import.meta.url))
/** Changes with the recipes, the packages whose files they take, and the tools they use. */
async function contentKey(): Promise<string> {
  const hash = createHash('sha256')
  for (const file of (await readdir(here)).sort()) hash.update(file).update(await readFile(join(here, file)))
  hash.update(await runTool('dpkg-query', ['-W']))
  return hash.digest('hex').slice(0, 16)
}

let root: Promise<string> | undefined

/** Where this version of the images lives; those of other versions are removed. */
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

/** Another version may be in use by another run: it has to have been left alone for a while. */
const isOld = async (path: string): Promise<boolean> => {
  const seen = await stat(path).catch(() => undefined)
  return seen !== undefined && Date.now() - seen.mtimeMs > 3_600_000
}

/**
 * The directory `name` of the cache, made by `build` if it is not there. It appears whole or not at all; of several
 * processes that want it, one builds.
 */
export async function cached(name: string, build: (directory: string) => Promise<void>): Promise<string> {
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
      for (const left of await readdir(parent))
        if (left.startsWith(`${name}.new-`)) await rm(join(parent, left), { recursive: true })
      const staging = await mkdtemp(join(parent, `${name}.new-`))
      await build(staging)
      await rename(staging, ready)
    } finally {
      await rm(lock, { force: true })
    }
  }
  return ready
}

/** The lock is a file with the holder's process id: one whose holder has died is taken away. */
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
