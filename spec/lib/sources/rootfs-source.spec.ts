import { execFileSync } from 'node:child_process'
import { getEventListeners } from 'node:events'
import { linkSync, mkdirSync, statSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { WindlassError } from '../../../lib/errors.js'
import { digestOf, parseImageManifest } from '../../../lib/image/index.js'
import { rootfsSource, specialFilesLeftOut } from '../../../lib/sources/rootfs-source.js'
import { type Windlass, open } from '../../../puller/index.js'
import { openPaths } from '../../support/open-paths.js'
import { temporaryDirectory } from '../../support/temporary-directory.js'
import { bytesOf } from '../../support/with-registry.js'

describe('a root directory as a source', () => {
  const home = temporaryDirectory()
  const root = join(home, 'root')
  let windlass: Windlass

  beforeAll(async () => {
    mkdirSync(join(root, 'etc'), { recursive: true })
    writeFileSync(join(root, 'etc/a'), 'content', { mode: 0o640 })
    linkSync(join(root, 'etc/a'), join(root, 'etc/b'))
    symlinkSync('a', join(root, 'etc/link'))
    utimesSync(join(root, 'etc/a'), 1_600_000_000, 1_600_000_000)
    execFileSync('mkfifo', [join(root, 'fifo')])
    windlass = await open({ store: join(home, 'store') })
  })
  afterAll(() => windlass.close())

  it('gives an image with its files, modes, times and links', async () => {
    const copied = await windlass.copy(`rootfs:${root}`, `oci:${join(home, 'layout')}:x`).done
    const unpacked = join(home, 'unpacked')
    await windlass.unpack(`oci:${join(home, 'layout')}:x`, unpacked).done
    const [a, b] = [statSync(join(unpacked, 'etc/a')), statSync(join(unpacked, 'etc/b'))]
    expect([a.ino, a.nlink, a.mode & 0o777, a.mtimeMs]).toEqual([b.ino, 2, 0o640, 1_600_000_000_000])
    expect(copied.digest).toMatch(/^sha256:/)
  })

  it('gives the same image as long as its files are the same, with a warning of what is left out', async () => {
    const warnings: string[] = []
    const source = rootfsSource(root)
    const first = await source.manifest('', { onWarning: (code) => warnings.push(code) })
    await source.close()
    const again = rootfsSource(root)
    expect((await again.manifest('')).bytes.equals(first.bytes)).toBe(true)
    await again.close()
    writeFileSync(join(root, 'etc/new'), 'x')
    const changed = rootfsSource(root)
    expect((await changed.manifest('')).bytes.equals(first.bytes)).toBe(false)
    await changed.close()
    expect(warnings).toEqual([specialFilesLeftOut])
  })

  it('says how many devices and FIFOs are left out, and names one without control characters', async () => {
    const directory = join(home, 'special')
    mkdirSync(directory)
    const warnings: string[] = []
    const source = rootfsSource(directory)
    const onWarning = (_code: string, message: string): void => void warnings.push(message)
    await source.manifest('', { onWarning })
    await source.close()
    expect(warnings).toEqual([])
    execFileSync('mkfifo', [join(directory, '\x1b[2J')])
    await source.manifest('', { onWarning })
    await source.close()
    execFileSync('mkfifo', [join(directory, 'fifo')])
    await source.manifest('', { onWarning })
    await source.close()
    expect(warnings).toEqual([
      `Left out of the image of ${directory}: 1 device or FIFO, such as "\\u{1b}[2J"`,
      expect.stringMatching(/: 2 devices and FIFOs, such as ".*"$/) as string,
    ])
  })

  it('has each blob any number of times until it is closed, and may be used again then', async () => {
    const before = openPaths().length
    const source = rootfsSource(root)
    for (let times = 0; times < 2; times++) {
      const { bytes } = await source.manifest('')
      expect((await source.manifest(digestOf(bytes))).bytes).toEqual(bytes)
      const { config, layers } = parseImageManifest(bytes)
      for (let reads = 0; reads < 2; reads++)
        for (const blob of [config, ...layers]) {
          expect(digestOf(await bytesOf(await source.blob(blob)))).toBe(blob.digest)
          expect(await source.blobSize(blob.digest)).toBe(blob.size)
        }
      await source.close()
      await source.close()
      expect(openPaths().length).toBe(before)
    }
  })

  it('does not have what its files are not', async () => {
    const source = rootfsSource(root)
    const other = digestOf(Buffer.from('other'))
    await expect(source.manifest(other)).rejects.toMatchObject({
      ...{ code: 'MANIFEST_UNKNOWN', message: `The files of ${root} are not those of ${other}` },
    })
    await expect(source.manifest('1.2')).rejects.toThrow('has no image "1.2"')
    await expect(source.blobSize(other)).rejects.toMatchObject({ code: 'BLOB_UNKNOWN' })
    await source.close()
  })

  it('is packed no further after a cancellation, and again by the next use', async () => {
    const directory = join(home, 'large')
    mkdirSync(directory)
    for (let at = 0; at < 20; at++) writeFileSync(join(directory, `file-${at}`), Buffer.alloc(50_000, at))
    const before = openPaths().length
    const source = rootfsSource(directory)
    const stop = new AbortController()
    const packing = source.manifest('', { signal: stop.signal })
    const reason = new WindlassError('CANCELLED', 'enough')
    const closing = source.close()
    stop.abort(reason)
    await expect(packing).rejects.toBe(reason)
    await closing
    const { signal } = new AbortController()
    expect((await source.manifest('', { signal })).bytes.length).toBeGreaterThan(0)
    expect(getEventListeners(signal, 'abort')).toEqual([])
    await source.close()
    expect(openPaths().length).toBe(before)
  })

  it('is packed once it exists', async () => {
    const directory = join(home, 'later')
    const source = rootfsSource(directory)
    await expect(source.manifest('')).rejects.toMatchObject({ code: 'MANIFEST_UNKNOWN' })
    mkdirSync(directory)
    expect((await source.manifest('')).bytes.length).toBeGreaterThan(0)
    await source.close()
  })

  it('is refused if it is no directory', async () => {
    await expect(rootfsSource(join(home, 'none')).manifest('')).rejects.toMatchObject({
      code: 'MANIFEST_UNKNOWN',
      message: expect.stringMatching(
        /^Failed to pack the root directory .*none: it does not exist$/,
      ) as string,
    })
    await expect(rootfsSource(join(root, 'etc/a')).manifest('')).rejects.toThrow('it is not a directory')
  })
})
