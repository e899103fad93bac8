import type * as fs from 'node:fs'
import { closeSync, fstatSync, readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { writeUnnamedFile } from '../../../lib/bytes/unnamed-file.js'
import { openPaths } from '../../support/open-paths.js'
import { temporaryDirectory } from '../../support/temporary-directory.js'

const disk = vi.hoisted(() => ({ bytesAtOnce: Infinity, isFull: false }))
vi.mock('node:fs', async (original) => {
  const real = await original<typeof fs>()
  const { promisify } = await import('node:util')
  const write = promisify(real.write)
  return {
    ...real,
    write: Object.assign(() => undefined, {
      [promisify.custom]: (fd: number, bytes: Uint8Array, at: number, length: number, position: number) =>
        disk.isFull
          ? Promise.reject(
              Object.assign(new Error('ENOSPC'), { code: 'ENOSPC', errno: -28, syscall: 'write' }),
            )
          : write(fd, bytes, at, Math.min(length, disk.bytesAtOnce), position),
    }),
  }
})

async function* chunksOf(...chunks: readonly (string | Error)[]): AsyncGenerator<Buffer> {
  for (const chunk of chunks) {
    await Promise.resolve()
    if (chunk instanceof Error) throw chunk
    yield Buffer.from(chunk)
  }
}

describe('a temporary file without a name', () => {
  const directory = temporaryDirectory()
  const open = (): string[] => openPaths().filter((path) => path.startsWith(directory))

  it('has all bytes, for this user alone, and no name', async () => {
    const { fd, size } = await writeUnnamedFile(chunksOf('one', '', 'two'), 'test', directory)
    onTestFinished(() => closeSync(fd))
    expect(size).toBe(6)
    expect(readFileSync(`/proc/self/fd/${fd}`, 'latin1')).toBe('onetwo')
    expect(fstatSync(fd).mode & 0o777).toBe(0o600)
    expect(readdirSync(directory)).toEqual([])
  })

  it('is closed when its bytes fail, with their error', async () => {
    const reason = new Error('damaged')
    await expect(writeUnnamedFile(chunksOf('one', reason), 'test', directory)).rejects.toBe(reason)
    expect(open()).toEqual([])
  })

  it('says what failed, in which directory, and how to choose another one', async () => {
    const missing = join(directory, 'not\x1b[2J here')
    const failed: unknown = await writeUnnamedFile(chunksOf('one'), 'decompress app.tar.gz', missing).catch(
      (error: unknown) => error,
    )
    expect(failed).toMatchObject({
      code: 'STORE_IO',
      message: expect.stringMatching(/^Failed to decompress app\.tar\.gz, in a temporary file in /) as string,
      hint: expect.stringContaining('TMPDIR') as string,
      subject: { path: missing },
    })
    expect((failed as Error).message).not.toContain('\x1b')
  })

  it('that cannot be created is reported with what the system says', async () => {
    await expect(writeUnnamedFile(chunksOf('x'), 'test', '/proc/self')).rejects.toMatchObject({
      message: expect.stringMatching(/^Failed to test, in a temporary file in \/proc\/self: /) as string,
    })
  })

  it('has all bytes also if the system writes only some of them at a time', async () => {
    disk.bytesAtOnce = 3
    onTestFinished(() => void (disk.bytesAtOnce = Infinity))
    const { fd, size } = await writeUnnamedFile(chunksOf('0123456789', 'abcd'), 'test', directory)
    onTestFinished(() => closeSync(fd))
    expect(size).toBe(14)
    expect(readFileSync(`/proc/self/fd/${fd}`, 'latin1')).toBe('0123456789abcd')
  })

  it('that does not fit on the disk is reported as such, and closed', async () => {
    disk.isFull = true
    onTestFinished(() => void (disk.isFull = false))
    await expect(writeUnnamedFile(chunksOf('one'), 'test', directory)).rejects.toMatchObject({
      code: 'STORE_FULL',
      message: `Failed to test, in a temporary file in ${directory}: no space left`,
      hint: 'Set TMPDIR to a directory on a disk with enough space.',
    })
    expect(open()).toEqual([])
  })
})
