import { existsSync, mkdirSync, readFileSync, readdirSync, unlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeEach, describe, expect, it } from 'vitest'
import {
  appenderTo,
  createTemporaryFile,
  sweepTemporaries,
  temporaryPrefix,
  writeAtomically,
} from '../../../../lib/sinks/layout/temporary-file.js'
import type { PooledFile } from '../../../../lib/system/files.js'
import { openPaths } from '../../../support/open-paths.js'
import { diskCalls } from '../../../support/store/disk-calls.js'
import { temporaryDirectory } from '../../../support/temporary-directory.js'

const home = temporaryDirectory()
let directory = ''
let made = 0
beforeEach(() => mkdirSync((directory = join(home, String(++made)))))
const at = (name: string): string => join(directory, name)
const openHere = (): string[] => openPaths().filter((each) => each.startsWith(directory))

describe('a temporary file of a layout', () => {
  it('becomes the file, and is closed', async () => {
    const file = await createTemporaryFile(directory)
    await file.append([Buffer.from('ab'), Buffer.from('c')])
    await file.append([Buffer.from('d')])
    expect(await file.publish(at('file'))).toBe(true)
    await file.close()
    expect(readFileSync(at('file'), 'utf8')).toBe('abcd')
    expect([readdirSync(directory), openHere()]).toEqual([['file'], []])
  })

  it('is removed if it is not published', async () => {
    const file = await createTemporaryFile(directory)
    expect(readdirSync(directory)).toHaveLength(1)
    await file.close()
    expect([...readdirSync(directory), ...openHere()]).toEqual([])
  })

  it('is closed even if it is gone', async () => {
    const file = await createTemporaryFile(directory)
    for (const name of readdirSync(directory)) unlinkSync(at(name))
    await expect(file.close()).rejects.toMatchObject({ code: 'ENOENT' })
    expect(openHere()).toEqual([])
  })

  it('replaces a file only if that is allowed, and then its name is on the disk too', async () => {
    writeFileSync(at('index.json'), 'before')
    const calls = diskCalls(directory)
    expect(await writeAtomically(at('index.json'), 'after', () => Promise.resolve(false))).toBe(false)
    expect(readFileSync(at('index.json'), 'utf8')).toBe('before')
    expect(readdirSync(directory)).toEqual(['index.json'])
    calls.length = 0
    expect(await writeAtomically(at('index.json'), 'after', () => Promise.resolve(true))).toBe(true)
    expect(readFileSync(at('index.json'), 'utf8')).toBe('after')
    expect(calls.at(-2)).toMatch(/^rename \S+ index\.json$/)
    expect(calls.at(-1)).toBe('sync .')
    expect(openHere()).toEqual([])
  })

  it('is removed once its process was killed, and no other file is', async () => {
    const running = await createTemporaryFile(directory)
    const [name = ''] = readdirSync(directory)
    writeFileSync(at(`${temporaryPrefix}killed`), 'half')
    writeFileSync(at('notes'), 'of the user')
    mkdirSync(at(`${temporaryPrefix}directory`))
    await sweepTemporaries(directory)
    expect(readdirSync(directory).toSorted()).toEqual(
      [name, `${temporaryPrefix}directory`, 'notes'].toSorted(),
    )
    expect(openHere()).toEqual([at(name)])
    await running.close()
    expect(existsSync(at(name))).toBe(false)
  })
})

describe('bytes that are appended', () => {
  /** A file whose writes end after `most` bytes, as they may on a disk that is almost full. */
  function shortFile(most: number) {
    const content = Buffer.alloc(64)
    const written: number[] = []
    const file = {
      write(chunks: readonly Buffer[], position: number): Promise<number> {
        const bytes = Buffer.concat(chunks).subarray(0, most)
        bytes.copy(content, position)
        written.push(bytes.length)
        return Promise.resolve(bytes.length)
      },
    }
    return { file: file as unknown as PooledFile, content, written }
  }

  it.each([1, 2, 3, 4, 5, 7, 100])('are all written if a write ends after %i of them', async (most) => {
    const { file, content, written } = shortFile(most)
    const append = appenderTo(file)
    await append([Buffer.from('abc'), Buffer.from('de'), Buffer.from('f')])
    await append([Buffer.from('gh'), Buffer.from('ij')])
    expect(content.toString('utf8', 0, 10)).toBe('abcdefghij')
    expect(written.reduce((sum, each) => sum + each, 0)).toBe(10)
  })
})
