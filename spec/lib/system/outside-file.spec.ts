import { execFileSync } from 'node:child_process'
import { mkdirSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { OutsideFileError, openOutsideFile, readOutsideFile } from '../../../lib/system/outside-file.js'
import { openPaths } from '../../support/open-paths.js'
import { temporaryDirectory } from '../../support/temporary-directory.js'

const directory = temporaryDirectory()
const at = (name: string): string => join(directory, name)
const why = (work: () => unknown): OutsideFileError => {
  try {
    work()
  } catch (error) {
    if (error instanceof OutsideFileError) return error
    throw error
  }
  throw new Error('expected a refusal')
}

describe('readOutsideFile', () => {
  it('reads a regular file up to the limit, but not a larger one', () => {
    const bytes = Buffer.alloc(100_000, 'a')
    writeFileSync(at('file'), bytes)
    expect(readOutsideFile(at('file'), { maxBytes: 100_000 })).toEqual(bytes)
    expect(why(() => readOutsideFile(at('file'), { maxBytes: 99_999 }))).toMatchObject({
      reason: 'too-large',
      message: 'it has 100 kB, more than the maximum of 99,999 bytes',
    })
    writeFileSync(at('empty'), '')
    expect(readOutsideFile(at('empty'), { maxBytes: 0 })).toEqual(Buffer.alloc(0))
  })

  it('rejects a file of terabytes without reading it', () => {
    writeFileSync(at('sparse'), '')
    truncateSync(at('sparse'), 2 ** 42)
    const begun = performance.now()
    expect(why(() => readOutsideFile(at('sparse'), { maxBytes: 1024 })).reason).toBe('too-large')
    expect(performance.now() - begun).toBeLessThan(10_000)
  })

  it('applies the limit to a file that reports no size', () => {
    expect(readOutsideFile('/proc/self/status', { maxBytes: 65_536 }).toString()).toContain('Pid:')
    expect(why(() => readOutsideFile('/proc/self/status', { maxBytes: 10 })).reason).toBe('too-large')
  })

  it('follows a link only with followLink', () => {
    writeFileSync(at('target'), 'x')
    symlinkSync('target', at('link'))
    expect(why(() => readOutsideFile(at('link'), { maxBytes: 9 })).reason).toBe('link')
    expect(readOutsideFile(at('link'), { maxBytes: 9, followLink: true }).toString()).toBe('x')
    symlinkSync('nowhere', at('dangling'))
    expect(why(() => readOutsideFile(at('dangling'), { maxBytes: 9, followLink: true })).reason).toBe(
      'missing',
    )
  })

  it('rejects entries that are not regular files, without waiting', async () => {
    execFileSync('mkfifo', [at('fifo')])
    mkdirSync(at('directory'))
    symlinkSync('/dev/zero', at('zeros'))
    const server = createServer().listen(at('socket'))
    await new Promise((resolve) => server.once('listening', resolve))
    try {
      const begun = performance.now()
      for (const [name, message] of [
        ['fifo', 'it is a FIFO'],
        ['directory', 'it is a directory'],
        ['zeros', 'it is a device'],
        ['socket', 'it is a socket or a device'],
      ] as const)
        expect(why(() => openOutsideFile(at(name), { maxBytes: 9, followLink: true }))).toMatchObject({
          reason: 'not-regular',
          message,
        })
      expect(performance.now() - begun).toBeLessThan(10_000)
    } finally {
      server.close()
    }
  })

  it('reports a missing file as missing, and other errors with their code', () => {
    expect(why(() => readOutsideFile(at('none'), { maxBytes: 9 })).reason).toBe('missing')
    expect(why(() => readOutsideFile(at('target/below'), { maxBytes: 9 })).reason).toBe('missing')
    expect(why(() => readOutsideFile(at('x'.repeat(300)), { maxBytes: 9 }))).toMatchObject({
      reason: 'refused',
      code: 'ENAMETOOLONG',
    })
  })

  it('leaves nothing open, whatever it finds', () => {
    writeFileSync(at('left'), 'content')
    expect(readOutsideFile(at('left'), { maxBytes: 100 }).toString()).toBe('content')
    expect(why(() => readOutsideFile(at('left'), { maxBytes: 3 })).reason).toBe('too-large')
    mkdirSync(at('left-directory'))
    expect(why(() => readOutsideFile(at('left-directory'), { maxBytes: 3 }))).toMatchObject({
      ...{ reason: 'not-regular', code: 'EISDIR' },
    })
    expect(openPaths().filter((path) => path.startsWith(at('left')))).toEqual([])
  })
})
