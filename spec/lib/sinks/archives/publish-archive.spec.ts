/** How an archive gets to its path: complete or not at all, with nothing left beside it. */
import { readFileSync, readdirSync, statSync, writeFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { Readable } from 'node:stream'
import { describe, expect, it, vi } from 'vitest'
import { type WrittenArchive, writeImageArchive } from '../../../../lib/archive/index.js'
import { WindlassError } from '../../../../lib/errors.js'
import { writeArchiveFile } from '../../../../lib/sinks/index.js'
import { PooledFile } from '../../../../lib/system/files.js'
import { openPaths } from '../../../support/open-paths.js'
import { diskCalls } from '../../../support/store/disk-calls.js'
import { temporaryDirectory } from '../../../support/temporary-directory.js'

const directory = temporaryDirectory()
let made = 0
/** A path in a directory of its own. */
const fresh = (): string => join(directory, `${++made}`, 'app.tar')
const archive = (): WrittenArchive =>
  writeImageArchive({
    ...{ documents: [], layers: [], index: [], docker: [] },
    open: () => Readable.from([]),
    damagedError: () => new Error('damaged'),
  })
/** An archive that never ends. */
const endless = (): WrittenArchive => ({
  stream: new Readable({ read: () => undefined }),
  done: new Promise(() => undefined),
})
const openIn = (path: string): string[] => openPaths().filter((each) => each.startsWith(dirname(path)))

describe('a file with an archive', () => {
  it('is on the disk before it has its name, and its name is too', async () => {
    const path = fresh()
    const calls = diskCalls(dirname(path))
    // eslint-disable-next-line @typescript-eslint/unbound-method -- it is called with the file that it is called on
    const { sync } = PooledFile.prototype
    const spy = vi.spyOn(PooledFile.prototype, 'sync').mockImplementation(function (this: PooledFile) {
      calls.push('sync the archive')
      return sync.call(this)
    })
    await writeArchiveFile(path, () => Promise.resolve(archive()))
    spy.mockRestore()
    const renamed = calls.findIndex((call) => /^rename \S+archive\.tar app\.tar$/.test(call))
    expect(calls.indexOf('sync the archive')).toBeGreaterThanOrEqual(0)
    expect(renamed).toBeGreaterThan(calls.indexOf('sync the archive'))
    expect(calls.lastIndexOf('sync .')).toBeGreaterThan(renamed)
    expect(readdirSync(dirname(path))).toEqual(['app.tar'])
    const umask = process.umask(0o022)
    process.umask(umask)
    expect(statSync(path).mode & 0o777).toBe(0o644 & ~umask)
    expect(openIn(path)).toEqual([])
  })

  it('is not begun where something else is, and does not replace what came meanwhile', async () => {
    const path = fresh()
    const write = vi.fn(() => {
      writeFileSync(path, 'notes')
      return Promise.resolve(archive())
    })
    for (const calls of [1, 1]) {
      await expect(writeArchiveFile(path, write)).rejects.toMatchObject({ code: 'USAGE' })
      expect(write).toHaveBeenCalledTimes(calls)
      expect(readFileSync(path, 'utf8')).toBe('notes')
      expect(readdirSync(dirname(path))).toEqual([basename(path)])
    }
  })

  it('leaves nothing if it cannot be begun', async () => {
    const path = fresh()
    const failing = writeArchiveFile(path, () => Promise.reject(new Error('no images')))
    await expect(failing).rejects.toThrow('no images')
    expect([...readdirSync(dirname(path)), ...openIn(path)]).toEqual([])
  })

  it('leaves nothing if it fails, and its stream does not go on', async () => {
    const path = fresh()
    const { stream } = endless()
    const failing = writeArchiveFile(path, () =>
      Promise.resolve({ stream, done: Promise.reject(new WindlassError('STORE_CORRUPT', 'damaged')) }),
    )
    await expect(failing).rejects.toMatchObject({ code: 'STORE_CORRUPT' })
    expect(stream.destroyed).toBe(true)
    expect([...readdirSync(dirname(path)), ...openIn(path)]).toEqual([])
  })

  it('leaves nothing if it is cancelled, whatever the stream then says', async () => {
    const path = fresh()
    const abort = new AbortController()
    const { stream } = endless()
    const writing = writeArchiveFile(
      path,
      () => {
        setImmediate(() => {
          abort.abort('enough')
          stream.destroy(new Error('The operation was aborted'))
        })
        return Promise.resolve({ stream, done: new Promise<void>(() => undefined) })
      },
      abort.signal,
    )
    await expect(writing).rejects.toMatchObject({ code: 'CANCELLED', cause: 'enough' })
    expect([...readdirSync(dirname(path)), ...openIn(path)]).toEqual([])
    const write = vi.fn(() => Promise.resolve(archive()))
    await expect(writeArchiveFile(path, write, abort.signal)).rejects.toMatchObject({ code: 'CANCELLED' })
    expect(write).not.toHaveBeenCalled()
  })
})
