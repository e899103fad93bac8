/** Archives as targets of copies: replaced at the end or not at all, and nothing is left behind. */
import { mkdirSync, readFileSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { stagingPrefix } from '../../../../lib/sinks/archives/staging.js'
import { dockerArchiveSource, layoutSource, ociArchiveSource } from '../../../../lib/sources/index.js'
import { buildImage, buildIndex, tinyImage } from '../../../../lib/testing/images/index.js'
import { type Windlass, open } from '../../../../puller/index.js'
import { archiveOf, layoutEntries } from '../../../support/archive/image-archive.js'
import { openPaths } from '../../../support/open-paths.js'
import { temporaryDirectory } from '../../../support/temporary-directory.js'
import { opening } from '../../../support/with-target.js'
import { layoutSink, ociArchiveSink } from '../../../../lib/sinks/index.js'
import { Readable } from 'node:stream'

const platform = 'linux/amd64'
const image = tinyImage()
const other = buildImage({ layers: [{ entries: [{ path: 'other', content: 'other' }] }] })
const reference = 'docker.io/library/app:1'

describe('an archive as a target', () => {
  const directory = temporaryDirectory()
  const at = (name: string): string => join(directory, name)
  const leftovers = (): string[] => readdirSync(directory).filter((name) => name.startsWith('.'))
  let windlass: Windlass
  const copy = async (from: string, to: string) => {
    const running = windlass.copy(from, to, { platform })
    return running.done.finally(() => running.closed())
  }
  const failureOf = (work: Promise<unknown>): Promise<unknown> => work.catch((error: unknown) => error)

  beforeAll(async () => {
    writeFileSync(at('one.tar'), await archiveOf(layoutEntries([[image]])))
    writeFileSync(at('two.tar'), await archiveOf(layoutEntries([[other]])))
    windlass = await open({ store: at('store'), retries: 1 })
  })
  afterAll(() => windlass.close())

  it.each(['oci-archive', 'docker-archive'])(
    '%s keeps the digest, and the bytes are reproducible',
    async (form) => {
      for (const file of ['a', 'b']) {
        const copied = await copy(`oci-archive:${at('one.tar')}`, `${form}:${at(`${form}-${file}`)}:app:1`)
        expect(copied).toMatchObject({ digest: image.manifest.digest, status: 'newer' })
      }
      expect(readFileSync(at(`${form}-a`)).equals(readFileSync(at(`${form}-b`)))).toBe(true)
      const docker = dockerArchiveSource(at(`${form}-a`))
      expect((await docker.manifest(reference)).bytes.equals(image.manifest.bytes)).toBe(true)
      const layout = ociArchiveSource(at(`${form}-a`))
      expect((await layout.manifest(form === 'oci-archive' ? 'app:1' : '1')).bytes.length).toBeGreaterThan(0)
      expect(leftovers()).toEqual([])
    },
  )

  it('replaces an archive of images, also one that a link leads to, and itself', async () => {
    mkdirSync(at('real'))
    await copy(`oci-archive:${at('one.tar')}`, `oci-archive:${at('real/app.tar')}`)
    symlinkSync(at('real/app.tar'), at('link.tar'))
    await copy(`oci-archive:${at('two.tar')}`, `docker-archive:${at('link.tar')}`)
    expect((await dockerArchiveSource(at('real/app.tar')).manifest('')).bytes).toEqual(other.manifest.bytes)
    await copy(`oci-archive:${at('link.tar')}`, `oci-archive:${at('link.tar')}:x`)
    expect((await ociArchiveSource(at('real/app.tar')).manifest('x')).bytes).toEqual(other.manifest.bytes)
    expect([...leftovers(), ...readdirSync(at('real'))]).toEqual(['app.tar'])
  })

  it('replaces nothing else', async () => {
    writeFileSync(at('notes.txt'), 'notes')
    for (const file of ['notes.txt', 'real'])
      await expect(copy(`oci-archive:${at('one.tar')}`, `oci-archive:${at(file)}`)).rejects.toMatchObject({
        code: 'USAGE',
        message: expect.stringMatching(
          /^Cannot write an archive to .*: it (exists and is not|is a directory)/,
        ) as string,
      })
    expect(readFileSync(at('notes.txt'), 'utf8')).toBe('notes')
    expect(leftovers()).toEqual([])
  })

  it('is as it was after a failure and after a cancellation', async () => {
    await copy(`oci-archive:${at('one.tar')}`, `oci-archive:${at('kept.tar')}`)
    const before = readFileSync(at('kept.tar'))
    const damaged = layoutEntries([[other]]).filter(
      ([path]) => !path.endsWith(other.layers[0]!.digest.slice(7)),
    )
    writeFileSync(at('damaged.tar'), await archiveOf(damaged))
    const failed = await failureOf(copy(`oci-archive:${at('damaged.tar')}`, `oci-archive:${at('kept.tar')}`))
    expect(failed).toMatchObject({ code: 'BLOB_UNKNOWN' })
    const running = windlass.copy(`oci-archive:${at('two.tar')}`, `oci-archive:${at('kept.tar')}`, {
      platform,
    })
    running.cancel()
    expect(await failureOf(running.done)).toMatchObject({ code: 'CANCELLED' })
    await running.closed()
    expect(readFileSync(at('kept.tar')).equals(before)).toBe(true)
    expect(leftovers()).toEqual([])
  })

  it('has no blob any more after it was closed, because its files are removed', async () => {
    const sink = ociArchiveSink(at('closed.tar'))
    const [layer] = image.layers
    const put = () =>
      sink.putBlob(layer!, () => Promise.resolve(Readable.from([layer!.bytes], { objectMode: false })))
    await put()
    expect(await sink.hasBlob(layer!)).toBe(true)
    await sink.close()
    expect(await sink.hasBlob(layer!)).toBe(false)
    await put()
    expect(await sink.hasBlob(layer!)).toBe(true)
    await sink.close()
    expect(leftovers()).toEqual([])
  })

  it('has a blob only if it has its size, and asks for none after a cancellation', async () => {
    const sink = ociArchiveSink(at('sizes.tar'))
    const { config } = image
    await sink.putBlob(config, opening(config.bytes))
    expect(await sink.hasBlob({ ...config, size: 1 })).toBe(false)
    const open = vi.fn(opening(config.bytes))
    const signal = AbortSignal.abort()
    await expect(sink.putBlob(config, open, { signal })).rejects.toMatchObject({ code: 'CANCELLED' })
    expect(open).not.toHaveBeenCalled()
    await expect(sink.putBlob(config, opening(Buffer.from('wrong')))).rejects.toMatchObject({
      code: 'SIZE_MISMATCH',
    })
    const isBlob = (path: string): boolean => path.startsWith(directory) && path.includes('/sha256-')
    expect(openPaths().filter(isBlob)).toEqual([])
    await expect(sink.finish({ signal })).rejects.toMatchObject({ code: 'CANCELLED' })
    await sink.close()
    expect(readdirSync(directory)).not.toContain('sizes.tar')
    expect(leftovers()).toEqual([])
  })

  it('is written once what was in its place is gone, and leaves nothing before it is closed', async () => {
    writeFileSync(at('later.tar'), 'notes')
    const sink = ociArchiveSink(at('later.tar'))
    const put = () => sink.putBlob(image.config, opening(image.config.bytes))
    await expect(put()).rejects.toMatchObject({ code: 'USAGE' })
    rmSync(at('later.tar'))
    await put()
    await sink.putManifest(image.manifest.bytes, image.manifest, { tag: 'x' })
    await sink.finish()
    expect(leftovers()).toEqual([])
    expect((await ociArchiveSource(at('later.tar')).manifest('x')).bytes).toEqual(image.manifest.bytes)
    await sink.close()
  })

  it('removes what a killed process has left', async () => {
    mkdirSync(at(`${stagingPrefix}killed`))
    writeFileSync(at(`${stagingPrefix}killed/archive.tar`), 'half')
    await copy(`oci-archive:${at('one.tar')}`, `oci-archive:${at('after.tar')}`)
    expect(leftovers()).toEqual([])
  })

  it('has whole indexes as a layout, and refuses them as an archive of docker save', async () => {
    const index = buildIndex([image, tinyImage({ platform: { os: 'linux', architecture: 'arm64' } })])
    const sink = layoutSink(at('layout'))
    for (const child of index.children)
      if ('config' in child) {
        for (const blob of [child.config, ...child.layers])
          await sink.putBlob(blob, () => Promise.resolve(Readable.from([blob.bytes], { objectMode: false })))
        await sink.putManifest(child.manifest.bytes, child.manifest)
      }
    await sink.putManifest(index.manifest.bytes, index.manifest, { tag: 'all' })
    await windlass.copy(`oci:${at('layout')}:all`, `oci-archive:${at('all.tar')}:app:1`, {
      allPlatforms: true,
    }).done
    expect((await ociArchiveSource(at('all.tar')).manifest('app:1')).bytes).toEqual(index.manifest.bytes)
    expect((await layoutSource(at('layout')).manifest('all')).bytes).toEqual(index.manifest.bytes)
    // Docker loads one image of it.
    expect((await dockerArchiveSource(at('all.tar')).manifest(reference)).bytes).toBeDefined()
    expect(
      await failureOf(
        windlass.copy(`oci:${at('layout')}:all`, `docker-archive:${at('no.tar')}`, { allPlatforms: true })
          .done,
      ),
    ).toMatchObject({ code: 'UNSUPPORTED', hint: expect.stringContaining('--all-platforms') as string })
    for (const target of ['docker-archive', 'dir'])
      expect(() =>
        windlass.copy(`oci:${at('layout')}:all`, `${target}:${at('no')}`, { referrers: true }),
      ).toThrow('such a target has one image and nothing else')
    expect(readdirSync(directory)).not.toContain('no.tar')
  })
})
