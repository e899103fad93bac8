/** Other processes can read what a run needs and what it left behind, also if the run was killed. */
import {
  appendFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { digestOf } from '../../../../lib/image/index.js'
import { FileLock } from '../../../../lib/store/locks/file-lock.js'
import { MetadataLock } from '../../../../lib/store/locks/metadata-lock.js'
import { digestsHeldByRuns } from '../../../../lib/store/staging/holds.js'
import { Run } from '../../../../lib/store/staging/run.js'

const [a, b, c] = ['a', 'b', 'c'].map((text) => digestOf(Buffer.from(text))) as [
  ReturnType<typeof digestOf>,
  ReturnType<typeof digestOf>,
  ReturnType<typeof digestOf>,
]

describe('a run', () => {
  let root: string
  let staging: string
  let run: Run
  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), 'windlass-run-'))
    staging = join(root, 'staging')
    for (const name of ['staging', 'blobs', 'layers']) mkdirSync(join(root, name))
    run = new Run(staging, new MetadataLock(join(root, 'lock')))
  })
  afterEach(async () => {
    await run.end()
    rmSync(root, { recursive: true })
  })
  const held = async (): Promise<string[]> => [...(await digestsHeldByRuns(staging))].sort()

  it('holds its digests, also after a line that a full disk truncated', async () => {
    await run.hold([a])
    appendFileSync(join(await run.directory(), 'holds'), `\n${b.slice(0, 40)}`)
    await run.hold([b])
    expect(await held()).toEqual([a, b].sort())
  })

  it('creates the staging directory of a store that another tool has made without one', async () => {
    rmSync(staging, { recursive: true })
    const directory = await run.directory()
    expect(readdirSync(staging).map((name) => join(staging, name))).toEqual([directory])
    expect(statSync(directory).mode & 0o777).toBe(0o700)
    await run.hold([a])
    expect(await held()).toEqual([a])
  })

  it('cannot be begun if the staging directory is something else', async () => {
    rmSync(staging, { recursive: true })
    writeFileSync(staging, '')
    await expect(run.directory()).rejects.toMatchObject({ code: 'STORE_CORRUPT' })
  })

  it('writes only digests that it does not hold yet', async () => {
    await run.hold([a])
    await run.hold([a, b])
    expect(await held()).toEqual([a, b].sort())
    await run.hold([b, c])
    await run.hold([c, a])
    expect(await held()).toEqual([a, b, c].sort())
    expect(readFileSync(join(await run.directory(), 'holds'), 'utf8')).toBe(`\n${a}\n${b}\n${c}`)
  })

  it('does not count a digest as held if it could not be written', async () => {
    const holds = join(await run.directory(), 'holds')
    mkdirSync(holds)
    await expect(run.hold([a])).rejects.toMatchObject({ exitCode: 7 })
    rmSync(holds, { recursive: true })
    await run.hold([a])
    expect(await held()).toEqual([a])
  })

  it('holds a released digest again', async () => {
    await run.hold([a, b])
    await run.release()
    expect(await held()).toEqual([])
    await run.hold([a])
    expect(await held()).toEqual([a])
  })

  it('removes the file of failed work, and throws its error', async () => {
    const failing = run.withFreshPath('blob', 'blobs', async (path) => {
      writeFileSync(path, 'half')
      throw new Error('full')
    })
    await expect(failing).rejects.toThrow('full')
    expect(readdirSync(await run.directory())).toEqual(['lock'])
  })

  it('creates its directory after a cause of failure is gone', async () => {
    renameSync(staging, `${staging}-away`)
    writeFileSync(staging, 'in the way')
    await expect(run.directory()).rejects.toMatchObject({ exitCode: 7 })
    rmSync(staging)
    renameSync(`${staging}-away`, staging)
    expect(existsSync(await run.directory())).toBe(true)
  })

  it('tries another directory if one was removed before it was locked, and leaves none that cannot be locked', async () => {
    const failed = (code: string): Error => Object.assign(new Error(`${code}: it failed`), { code })
    const take = vi.spyOn(FileLock, 'take')
    try {
      take.mockRejectedValueOnce(failed('EIO'))
      await expect(run.directory()).rejects.toMatchObject({ code: 'STORE_IO' })
      expect(readdirSync(staging)).toEqual([])
      take.mockRejectedValueOnce(failed('ENOENT')).mockResolvedValueOnce(undefined)
      expect(existsSync(join(await run.directory(), 'lock'))).toBe(true)
      expect(take).toHaveBeenCalledTimes(4)
    } finally {
      take.mockRestore()
    }
  })

  it('leaves nothing when it ends, and cannot be used afterwards', async () => {
    await run.hold([a])
    await run.end()
    expect(readdirSync(staging)).toEqual([])
    await expect(run.directory()).rejects.toMatchObject({ code: 'INTERNAL' })
  })
})
