import { execFileSync } from 'node:child_process'
import { chmodSync, mkdirSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { maxStoreFileBytes, readIfRegular, readRegular } from '../../../../lib/store/files/read-regular.js'
import { asOrdinaryUser } from '../../../support/ordinary-user.js'
import { temporaryDirectory } from '../../../support/temporary-directory.js'

describe('a small file of the store', () => {
  const directory = temporaryDirectory()
  const at = (name: string): string => join(directory, name)

  it('is read as text, and may be missing', async () => {
    writeFileSync(at('file'), 'ü')
    for (const read of [readRegular, readIfRegular]) {
      expect(await read(at('file'))).toBe('ü')
      expect(await read(at('none'))).toBeUndefined()
    }
  })

  it.each<readonly [string, (path: string) => unknown, string]>([
    ['a link', (path) => symlinkSync('file', path), 'is not a regular file: it is a symbolic link'],
    ['a directory', (path) => mkdirSync(path), 'is not a regular file: it is a directory'],
    ['a FIFO', (path) => execFileSync('mkfifo', [path]), 'is not a regular file: it is a FIFO'],
    [
      'too large',
      (path) => {
        writeFileSync(path, '')
        truncateSync(path, maxStoreFileBytes + 1)
      },
      'is too large: ',
    ],
  ])('is not %s, which is an error only where the file is required', async (name, make, says) => {
    const path = at(name)
    make(path)
    await expect(readRegular(path)).rejects.toMatchObject({
      ...{
        code: 'STORE_CORRUPT',
        message: expect.stringContaining(`In the store, ${path} ${says}`) as string,
      },
      hint: expect.stringContaining('Move it away with “mv ') as string,
    })
    expect(await readIfRegular(path)).toBeUndefined()
  })

  it('that this user may not read is an error of the file system', async () => {
    writeFileSync(at('closed'), 'x')
    chmodSync(at('closed'), 0)
    chmodSync(directory, 0o755)
    for (const read of [readRegular, readIfRegular])
      await expect(asOrdinaryUser(() => read(at('closed')))).rejects.toMatchObject({ code: 'EACCES' })
  })
})
