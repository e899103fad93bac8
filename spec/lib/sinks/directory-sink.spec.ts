import { mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { hexOf } from '../../../lib/image/index.js'
import { directorySink } from '../../../lib/sinks/index.js'
import { directorySource } from '../../../lib/sources/index.js'
import { buildImage, tinyImage } from '../../../lib/testing/images/index.js'
import { type Windlass, open } from '../../../puller/index.js'
import { archiveOf, layoutEntries } from '../../support/archive/image-archive.js'
import { temporaryDirectory } from '../../support/temporary-directory.js'

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
})
