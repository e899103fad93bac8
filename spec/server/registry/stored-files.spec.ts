import { mkdirSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { type Digest, digestOf } from '../../../lib/image/index.js'
import { StoredFiles } from '../../../server/registry/stored-files.js'
import { openPaths } from '../../support/open-paths.js'
import { temporaryDirectory } from '../../support/temporary-directory.js'

const top = temporaryDirectory()
const files = new StoredFiles(top)
const pathOf = (digest: Digest): string => join(top, 'blobs', ...digest.split(':'))

/** Writes a blob. Its file has `stored` instead of its own bytes, if that is given. */
function put(bytes: Buffer | string, stored: Buffer | string = bytes, algorithm?: 'sha512'): Digest {
  const digest = digestOf(Buffer.from(bytes), algorithm)
  mkdirSync(dirname(pathOf(digest)), { recursive: true })
  writeFileSync(pathOf(digest), stored)
  return digest
}

describe('the files of a served store', () => {
  it('are there, with their size, or not', async () => {
    const digest = put('content')
    const blob = await files.open(digest)
    expect(blob!.size).toBe(7)
    await blob!.handle.close()
    expect([await files.has(digest), await files.has(digestOf(Buffer.from('other')))]).toEqual([true, false])
    expect(openPaths().filter((path) => path.startsWith(top))).toEqual([])
  })

  it('are regular files: no directory, no link', async () => {
    const [directory, link] = ['directory', 'link'].map((text) => digestOf(Buffer.from(text))) as [
      Digest,
      Digest,
    ]
    mkdirSync(pathOf(directory), { recursive: true })
    symlinkSync(pathOf(put('target')), pathOf(link))
    expect([await files.has(directory), await files.has(link)]).toEqual([false, false])
    expect(openPaths().filter((path) => path.startsWith(top))).toEqual([])
  })

  it('say that they cannot be read, instead of being absent', async () => {
    const broken = new StoredFiles('x'.repeat(5_000))
    await expect(broken.has(digestOf(Buffer.from('a')))).rejects.toMatchObject({ code: 'ENAMETOOLONG' })
  })

  it('have documents: JSON objects whose bytes have the digest, by any algorithm', async () => {
    const text = '{"schemaVersion":2}'
    for (const digest of [put(text), put(text, text, 'sha512')])
      expect(await files.document(digest)).toEqual({ bytes: Buffer.from(text), value: { schemaVersion: 2 } })
    for (const other of ['[]', 'null', '7', '{'])
      expect(await files.document(put(other)), other).toBeUndefined()
    expect(await files.document(put('{"a":1}', '{"a":2}'))).toBeUndefined()
    expect(await files.document(digestOf(Buffer.from('none')))).toBeUndefined()
    expect(openPaths().filter((path) => path.startsWith(top))).toEqual([])
  })

  it('have no document of more than 4 MiB', async () => {
    const limit = 4 * 1024 * 1024
    const fits = Buffer.from(`{"a":"${'x'.repeat(limit - 8)}"}`)
    expect(fits.length).toBe(limit)
    expect(await files.document(put(fits))).toBeDefined()
    expect(await files.document(put(`${fits.toString()} `))).toBeUndefined()
    const sparse = put('{}')
    truncateSync(pathOf(sparse), 2 ** 40)
    expect(await files.document(sparse)).toBeUndefined()
  })
})
