import { mkdirSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { hexOf } from '../../../lib/image/index.js'
import { directorySink } from '../../../lib/sinks/index.js'
import { directorySource } from '../../../lib/sources/index.js'
import { buildImage, tinyImage } from '../../../lib/testing/images/index.js'
import { type Windlass, open } from '../../../puller/index.js'
import { archiveOf, layoutEntries } from '../../support/archive/image-archive.js'
import { diskCalls } from '../../support/store/disk-calls.js'
import { temporaryDirectory } from '../../support/temporary-directory.js'
import { opening } from '../../support/with-target.js'

const one = tinyImage()
const two = buildImage({ layers: [{ entries: [{ path: 'other', content: 'other' }] }] })

describe('a directory as a target', () => {
  const home = temporaryDirectory()
  const at = (name: string): string => join(home, name)
  let windlass: Windlass
  const copy = (from: string, to: string) =>
    windlass.copy(`oci-archive:${at(from)}`, `dir:${at(to)}`, { platform: 'linux/amd64' }).done
  const filesOf = ({ config, layers }: typeof one): string[] =>
    [...[config, ...layers].map(({ digest }) => hexOf(digest)), 'manifest.json', 'version'].sort()

  beforeAll(async () => {
    writeFileSync(at('one.tar'), await archiveOf(layoutEntries([[one]])))
    writeFileSync(at('two.tar'), await archiveOf(layoutEntries([[two]])))
    windlass = await open({ store: at('store'), retries: 1 })
  })
  afterAll(() => windlass.close())

  it('has one image: a copy replaces it with all its files', async () => {
    await copy('one.tar', 'image')
    expect(readdirSync(at('image')).sort()).toEqual(filesOf(one))
    writeFileSync(at('image/signature-1'), 'of the first image')
    await copy('two.tar', 'image')
    expect(readdirSync(at('image')).sort()).toEqual(filesOf(two))
    expect(readFileSync(at('image/version'), 'utf8')).toBe('Directory Transport Version: 1.1\n')
    expect((await directorySource(at('image')).manifest('')).bytes).toEqual(two.manifest.bytes)
  })

  it('is made also for an image without blobs', async () => {
    const sink = directorySink(at('without/blobs'))
    await sink.putManifest(one.manifest.bytes, one.manifest, { root: true })
    await sink.finish()
    expect(readdirSync(at('without/blobs')).sort()).toEqual(['manifest.json', 'version'])
  })

  it('is refused if it has something else', async () => {
    mkdirSync(at('project'))
    writeFileSync(at('project/main.c'), 'int main;')
    await expect(copy('one.tar', 'project')).rejects.toMatchObject({
      code: 'USAGE',
      message: expect.stringContaining('it is neither empty nor a directory with an image') as string,
    })
    expect(readdirSync(at('project'))).toEqual(['main.c'])
  })

  it('keeps the files that the next image needs as well, and does not write them again', async () => {
    await copy('one.tar', 'again')
    const blob = at(`again/${hexOf(one.config.digest)}`)
    const before = statSync(blob).ino
    const sink = directorySink(at('again'))
    expect(await sink.hasBlob({ ...one.config, size: 1 })).toBe(false)
    await copy('one.tar', 'again')
    expect(readdirSync(at('again')).sort()).toEqual(filesOf(one))
    expect(statSync(blob).ino).toBe(before)
  })

  it('has the files of a user beside an image, and loses only those of images', async () => {
    await copy('one.tar', 'mixed')
    const hex = '0'.repeat(64)
    const ofImages = [`${hex}.manifest.json`, `${hex}.signature-2`, 'signature-1', hex]
    for (const name of [...ofImages, 'README']) writeFileSync(at(`mixed/${name}`), 'x')
    await copy('two.tar', 'mixed')
    expect(readdirSync(at('mixed')).sort()).toEqual([...filesOf(two), 'README'].sort())
  })

  it('has the manifests of an index under names of their own', async () => {
    const sink = directorySink(at('index'))
    await sink.putManifest(one.manifest.bytes, one.manifest)
    await sink.putManifest(two.manifest.bytes, two.manifest, { root: true })
    expect(readdirSync(at('index'))).toEqual([`${hexOf(one.manifest.digest)}.manifest.json`])
    await sink.finish()
    expect(readFileSync(at('index/manifest.json'))).toEqual(two.manifest.bytes)
    expect(readFileSync(at(`index/${hexOf(one.manifest.digest)}.manifest.json`))).toEqual(one.manifest.bytes)
  })

  it('has the old image until the new one is on the disk, and is marked before it has one', async () => {
    await copy('one.tar', 'order')
    const calls = diskCalls(at('order'))
    await copy('two.tar', 'order')
    const [old, added] = [one, two].map(({ config }) => hexOf(config.digest)) as [string, string]
    const place = (call: RegExp): number => calls.findIndex((each) => call.test(each))
    const order = [
      place(new RegExp(`^rename \\S+ ${added}$`)),
      calls.indexOf('sync .', place(new RegExp(`^rename \\S+ ${added}$`))),
      place(/^rename \S+ version$/),
      place(/^rename \S+ manifest.json$/),
      place(new RegExp(`^unlink ${old}$`)),
    ]
    expect(order, calls.join('\n')).not.toContain(-1)
    expect(order, calls.join('\n')).toEqual(order.toSorted((a, b) => a - b))
  })

  it('may have what a cancelled copy has left, and loses the files of killed processes', async () => {
    mkdirSync(at('cancelled'))
    writeFileSync(at(`cancelled/${hexOf(one.config.digest)}`), one.config.bytes)
    writeFileSync(at('cancelled/.windlass-killed'), 'half')
    await copy('two.tar', 'cancelled')
    expect(readdirSync(at('cancelled')).sort()).toEqual(filesOf(two))
  })

  it.each(['version', 'manifest.json'])(
    'is refused if it has a file %s and others, but no image',
    async (name) => {
      const directory = at(`only-${name}`)
      mkdirSync(directory)
      for (const each of [name, 'main.c']) writeFileSync(join(directory, each), '')
      await expect(copy('one.tar', `only-${name}`)).rejects.toMatchObject({ code: 'USAGE' })
    },
  )

  it('is written to after it was refused, once the reason is gone', async () => {
    writeFileSync(at('later'), 'a file')
    const sink = directorySink(at('later'))
    const put = () => sink.putBlob(one.config, opening(one.config.bytes))
    await expect(put()).rejects.toMatchObject({ code: 'STORE_CORRUPT' })
    rmSync(at('later'))
    await put()
    expect(readdirSync(at('later'))).toEqual([hexOf(one.config.digest)])
  })

  it('has nothing of a blob that is wrong or cancelled', async () => {
    const sink = directorySink(at('wrong'))
    await expect(sink.putBlob(one.config, opening(Buffer.from('wrong')))).rejects.toMatchObject({
      code: 'SIZE_MISMATCH',
    })
    const open = vi.fn(opening(one.config.bytes))
    const signal = AbortSignal.abort()
    for (const target of [sink, directorySink(at('never'))])
      await expect(target.putBlob(one.config, open, { signal })).rejects.toMatchObject({ code: 'CANCELLED' })
    expect(open).not.toHaveBeenCalled()
    expect(readdirSync(home)).not.toContain('never')
    const stop = new AbortController()
    const endless = new Readable({ read: () => undefined })
    setImmediate(() => stop.abort())
    const writing = sink.putBlob(one.config, () => Promise.resolve(endless), { signal: stop.signal })
    await expect(writing).rejects.toMatchObject({ code: 'CANCELLED' })
    await sink.putManifest(one.manifest.bytes, one.manifest, { root: true })
    await expect(sink.finish({ signal })).rejects.toMatchObject({ code: 'CANCELLED' })
    expect(readdirSync(at('wrong'))).toEqual([])
  })
})
