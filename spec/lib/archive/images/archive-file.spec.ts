/** Archives of images in files: what is open while they are used, and what happens when they change. */
import { copyFileSync, renameSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { ArchiveFile } from '../../../../lib/archive/images/archive-file.js'
import { readPart } from '../../../../lib/archive/images/archived-file.js'
import { digestOf } from '../../../../lib/image/index.js'
import { defaultLimits } from '../../../../lib/limits.js'
import { archiveOf } from '../../../support/archive/image-archive.js'
import { openPaths } from '../../../support/open-paths.js'
import { temporaryDirectory } from '../../../support/temporary-directory.js'

const content = Buffer.alloc(100_000, 'content')
const bytes = await archiveOf([
  ['a', content],
  ['b', 'other'],
])
/** A time of a file, in seconds. */
const time = 1_500_000_000

describe('an archive of images in a file', () => {
  const directory = temporaryDirectory()
  let count = 0
  const fileWith = (written: Buffer): string => {
    const file = join(directory, `${count++}.tar`)
    writeFileSync(file, written)
    utimesSync(file, time, time)
    return file
  }
  const opened = (file: string): ArchiveFile => {
    const archive = new ArchiveFile(file, defaultLimits)
    onTestFinished(() => archive.close())
    return archive
  }
  const partOf = async (archive: ArchiveFile, path: string) => (await archive.documents()).file(path)!
  const textOf = async (archive: ArchiveFile, path: string) =>
    (await readPart(await partOf(archive, path))).toString()
  /** The temporary files without a name that are open. */
  const temporaryFiles = () => openPaths().filter((path) => /\.windlass-.*\(deleted\)$/.test(path))

  it('that is not compressed is open only while it is read', async () => {
    const file = fileWith(bytes)
    const archive = opened(file)
    expect(await textOf(archive, 'b')).toBe('other')
    await vi.waitFor(() => expect(openPaths()).not.toContain(file))
  })

  it('that is compressed is decompressed once, to a file that is open until it is closed', async () => {
    const file = fileWith(gzipSync(bytes))
    const archive = opened(file)
    const [a, b, again] = await Promise.all(['a', 'b', 'b'].map((path) => textOf(archive, path)))
    expect([a, b, again]).toEqual([content.toString(), 'other', 'other'])
    expect(temporaryFiles()).toHaveLength(1)
    expect(openPaths()).not.toContain(file)
    await archive.close()
    expect(temporaryFiles()).toEqual([])
  })

  it('is opened again when it is used after its end, which may be reported twice', async () => {
    for (const written of [bytes, gzipSync(bytes)]) {
      const archive = opened(fileWith(written))
      await archive.documents()
      await archive.close()
      await archive.close()
      expect(await textOf(archive, 'b')).toBe('other')
    }
  })

  it('that is closed while it is opened leaves nothing open', async () => {
    const archive = opened(fileWith(gzipSync(bytes)))
    const opening = archive.documents()
    await archive.close()
    await opening
    expect(temporaryFiles()).toEqual([])
  })

  it('that cannot be opened is tried again at its next use', async () => {
    const file = join(directory, 'late.tar')
    const archive = opened(file)
    await expect(archive.documents()).rejects.toMatchObject({
      code: 'MANIFEST_UNKNOWN',
      subject: { path: file },
    })
    writeFileSync(file, bytes)
    expect(await textOf(archive, 'b')).toBe('other')
  })

  it('that is compressed and malformed leaves nothing open', async () => {
    const file = fileWith(gzipSync(bytes.subarray(0, 1_000)))
    const archive = opened(file)
    for (let attempt = 0; attempt < 2; attempt++) {
      await expect(archive.documents()).rejects.toMatchObject({ code: 'MANIFEST_INVALID' })
      expect(temporaryFiles()).toEqual([])
    }
    expect(openPaths()).not.toContain(file)
  })

  it('of an unknown compression is closed', async () => {
    const file = fileWith(Buffer.from('fd377a585a0000000000', 'hex'))
    await expect(opened(file).documents()).rejects.toMatchObject({ code: 'MANIFEST_INVALID' })
    expect(openPaths()).not.toContain(file)
  })

  it('is closed when there is no directory for its decompressed content', async () => {
    const file = fileWith(gzipSync(bytes))
    vi.stubEnv('TMPDIR', join(directory, 'missing'))
    onTestFinished(() => void vi.unstubAllEnvs())
    await expect(opened(file).documents()).rejects.toMatchObject({
      code: 'STORE_IO',
      hint: expect.stringContaining('TMPDIR') as string,
    })
    await vi.waitFor(() => expect(openPaths()).not.toContain(file))
  })

  it('is found through a link', async () => {
    const link = join(directory, 'link.tar')
    symlinkSync(fileWith(bytes), link)
    expect(await textOf(opened(link), 'b')).toBe('other')
  })

  it.each<readonly [string, (file: string) => void]>([
    ['another time', (file) => utimesSync(file, time, time + 1)],
    [
      'another size',
      (file) => {
        writeFileSync(file, Buffer.concat([bytes, Buffer.alloc(512)]))
        utimesSync(file, time, time)
      },
    ],
    [
      'another inode',
      (file) => {
        copyFileSync(file, `${file}.new`)
        utimesSync(`${file}.new`, time, time)
        renameSync(`${file}.new`, file)
      },
    ],
  ])('that has %s than when it was opened is not read on, and is closed', async (_, change) => {
    const file = fileWith(bytes)
    const part = await partOf(opened(file), 'b')
    change(file)
    expect(() => part.open()).toThrow(
      expect.objectContaining({ code: 'BLOB_UNKNOWN', subject: { path: file } }),
    )
    expect(openPaths()).not.toContain(file)
  })

  it('has files whose digest is computed once, and again after a failure', async () => {
    const file = fileWith(bytes)
    const part = await partOf(opened(file), 'a')
    utimesSync(file, time, time + 1)
    await expect(part.digest()).rejects.toMatchObject({ code: 'BLOB_UNKNOWN' })
    utimesSync(file, time, time)
    expect(await part.digest()).toBe(digestOf(content))
    writeFileSync(file, 'gone')
    expect(await part.digest()).toBe(digestOf(content))
  })

  it('has parts of files, up to their ends', async () => {
    const part = await partOf(opened(fileWith(bytes)), 'b')
    expect((await readPart(part, { offset: 1, length: 3 })).toString()).toBe('the')
    expect((await readPart(part, { offset: 3, length: 100 })).toString()).toBe('er')
    expect((await readPart(part, { offset: 5 })).length).toBe(0)
  })
})
