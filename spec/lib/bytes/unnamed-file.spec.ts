import { closeSync, fstatSync, readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { writeUnnamedFile } from '../../../lib/bytes/unnamed-file.js'
import { openPaths } from '../../support/open-paths.js'
import { temporaryDirectory } from '../../support/temporary-directory.js'

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
})
