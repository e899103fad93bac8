import { existsSync } from 'node:fs'
import { mkdir, readFile, readdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { finished } from 'node:stream/promises'
import { describe, expect, it } from 'vitest'
import { formatPlatform, hostPlatform } from '../../lib/image/index.js'
import { type BuiltImage, buildIndex, putImage } from '../../lib/testing/images/index.js'
import type { LoadOptions, Windlass } from '../../puller/index.js'
import {
  type ArchiveEntry,
  archiveOf,
  dockerSaveEntries,
  layoutEntries,
} from '../support/archive/image-archive.js'
import { Workbench, imageOf, stagedIn } from '../support/workbench.js'

const bench = new Workbench()
const [app, tool] = [imageOf(['base', 'app']), imageOf(['base', 'tool'])]

const load = async (puller: Windlass, entries: readonly ArchiveEntry[], options?: LoadOptions) =>
  puller.content.load(Readable.from([await archiveOf(entries)]), options)
const namesIn = async (puller: Windlass) => (await puller.images()).map(({ name }) => name)
const two = layoutEntries([
  [app, 'app:1'],
  [tool, 'tool:1'],
])

describe('the images of an archive', () => {
  it('are pulled into the store under all of their names, and nothing else is left', async () => {
    const puller = await bench.puller()
    const pulls: string[] = []
    const started: string[] = []
    puller.activity.started.subscribe(({ id }) => started.push(id))
    const loaded = await load(puller, dockerSaveEntries(app, ['app:1', 'app:2', 'other:1']), {
      onPull: ({ id }, name) => pulls.push(`${id} ${name}`),
    })
    expect(loaded).toHaveLength(1)
    expect(pulls).toEqual([`${started[0]} app:1`])
    expect(await namesIn(puller)).toEqual(
      ['app:1', 'app:2', 'other:1'].map((name) => `docker.io/library/${name}`),
    )
    expect(await stagedIn(puller.store)).toEqual([])
    expect((await puller.verify()).problems).toEqual([])
  })

  it('have their digest as their name if they have none', async () => {
    const puller = await bench.puller()
    const names: string[] = []
    const [loaded] = await load(puller, layoutEntries([[app]]), { onPull: (_, name) => names.push(name) })
    expect(names).toEqual([app.manifest.digest])
    expect(loaded!.manifest).toBe(app.manifest.digest)
    expect(await namesIn(puller)).toEqual([app.manifest.digest])
  })

  it('are those for the platform that is named', async () => {
    const other = imageOf(['other'], { platform: { os: 'linux', architecture: 's390x' } })
    const index = buildIndex([other, imageOf(['here'], { platform: hostPlatform() })])
    const blobs = layoutEntries([[other], [imageOf(['here'], { platform: hostPlatform() })]]).slice(2)
    const { mediaType, digest, bytes } = index.manifest
    const entries: ArchiveEntry[] = [
      ['oci-layout', '{"imageLayoutVersion":"1.0.0"}'],
      [
        'index.json',
        JSON.stringify({ schemaVersion: 2, manifests: [{ mediaType, digest, size: bytes.length }] }),
      ],
      [`blobs/${digest.replace(':', '/')}`, bytes],
      ...blobs,
    ]
    for (const platform of [undefined, 'linux/s390x']) {
      const puller = await bench.puller()
      await load(puller, entries, platform === undefined ? {} : { platform })
      const [described] = await puller.content.describe()
      expect(described!.platform).toBe(platform ?? formatPlatform(hostPlatform()))
    }
  })

  it('are refused if the archive is invalid, which leaves nothing', async () => {
    const puller = await bench.puller()
    await expect(load(puller, two.slice(0, -1))).rejects.toMatchObject({ exitCode: 5 })
    expect(await namesIn(puller)).toEqual([])
    expect(await stagedIn(puller.store)).toEqual([])
  })

  it('are not added any more once the signal has aborted: during a pull, or between two', async () => {
    const moments: Readonly<Record<string, (stop: AbortController) => NonNullable<LoadOptions['onPull']>>> = {
      'during the first': (stop) => () => stop.abort(),
      'after the first': (stop) => (pull) => void pull.done.then(() => stop.abort()).catch(() => undefined),
    }
    for (const [moment, onPull] of Object.entries(moments)) {
      const puller = await bench.puller()
      const stop = new AbortController()
      const loading = load(puller, two, { signal: stop.signal, onPull: onPull(stop) })
      await expect(loading, moment).rejects.toMatchObject({ code: 'CANCELLED' })
      expect((await namesIn(puller)).length, moment).toBe(moment === 'after the first' ? 1 : 0)
      expect(await stagedIn(puller.store)).toEqual([])
    }
  })

  it('are refused by a puller that is closed, and by an archive that is cancelled before', async () => {
    const puller = await bench.puller()
    await expect(load(puller, two, { signal: AbortSignal.abort() })).rejects.toMatchObject({
      code: 'CANCELLED',
    })
    await puller.close()
    await expect(load(puller, two)).rejects.toMatchObject({ code: 'USAGE' })
  })
})

/** A puller with an image under two names. */
async function filled(image: BuiltImage = app) {
  const registry = await bench.registry()
  await putImage(registry, 'team/app', '1', image)
  const puller = await bench.puller()
  const name = `${registry.host}/team/app:1`
  await puller.pull(name, { platform: 'linux/amd64' }).done
  const other = await puller.content.tag(name, 'other:1')
  return { registry, puller, name, other }
}

describe('an exported archive', () => {
  it('has an image once, under all names that were given, and can be loaded again', async () => {
    const { puller, name, other } = await filled()
    const again = await bench.puller()
    await again.content.load(await puller.content.export([other, name, other]))
    expect(await namesIn(again)).toEqual([name, other].sort())
  })

  it('replaces a file only when it is complete', async () => {
    const { puller, name } = await filled()
    const directory = bench.path()
    await mkdir(directory)
    const file = join(directory, 'images.tar')
    await puller.content.exportFile(file, [name])
    const before = await readFile(file)
    const stop = AbortSignal.abort()
    await expect(puller.content.exportFile(file, [name], { signal: stop })).rejects.toMatchObject({
      code: 'CANCELLED',
    })
    await expect(puller.content.exportFile(file, ['none:1'])).rejects.toMatchObject({ code: 'IMAGE_UNKNOWN' })
    expect(await readFile(file)).toEqual(before)
    expect(await readdir(directory)).toEqual(['images.tar'])
    await writeFile(join(directory, 'text'), 'no archive')
    await expect(puller.content.exportFile(join(directory, 'text'), [name])).rejects.toMatchObject({
      code: 'USAGE',
    })
  })

  it('is that of another platform, or of all, if that is asked for', async () => {
    const arm = imageOf(['arm'], { platform: { os: 'linux', architecture: 'arm64' } })
    const registry = await bench.registry()
    await putImage(registry, 'team/app', '1', buildIndex([imageOf(['amd']), arm]))
    const puller = await bench.puller()
    const name = `${registry.host}/team/app:1`
    await puller.pullAllPlatforms(name).done
    const platformsOf = async (options: object) => {
      const again = await bench.puller()
      await again.content.load(await puller.content.export([name], options), { platform: 'linux/arm64' })
      return (await again.content.describe()).map(({ platform }) => platform)
    }
    expect(await platformsOf({ platform: 'linux/arm64' })).toEqual(['linux/arm64'])
    expect(await platformsOf({ allPlatforms: true })).toEqual(['linux/arm64'])
    await expect(puller.content.export([name], { platform: 'linux/s390x' })).rejects.toMatchObject({
      ...{ code: 'PLATFORM_UNMATCHED', hint: 'It has linux/amd64, linux/arm64.' },
    })
  })

  it('needs a name and known options', async () => {
    const { puller, name } = await filled()
    expect(() => puller.content.export([])).toThrow('Cannot export: no image is named')
    expect(() => puller.content.exportFile('', [name])).toThrow('file given to exportFile')
    expect(() => puller.content.export([name], { all: true } as never)).toThrow('export has no option "all"')
  })

  it('fails if it is cancelled, or its puller closed, while it is read', async () => {
    const { puller, name } = await filled()
    const stop = new AbortController()
    const stream = await puller.content.export([name], { signal: stop.signal })
    const aborted = expect(finished(stream)).rejects.toThrow()
    stop.abort()
    await aborted
    const failed = expect(finished(await puller.content.export([name]))).rejects.toThrow()
    await puller.close({ within: 5_000 })
    await failed
    expect(() => puller.content.export([name])).toThrow('closed')
  })
})

describe('a login', () => {
  it('is checked with the registry, and the check can be cancelled', async () => {
    const user = { username: 'user', password: 'sesame' }
    const registry = await bench.registry({ auth: { kind: 'basic', ...user } })
    const puller = await bench.puller()
    await puller.content.checkLogin(registry.host, user)
    await expect(puller.content.checkLogin(registry.host, { ...user, password: 'x' })).rejects.toMatchObject({
      code: 'UNAUTHORIZED',
    })
    await expect(puller.content.checkLogin(registry.host, user, AbortSignal.abort())).rejects.toMatchObject({
      code: 'CANCELLED',
    })
  })
})

describe('a store that does not exist', () => {
  it('has no images to describe, is not created for that, and has none to name', async () => {
    const puller = await bench.puller()
    expect(await puller.content.describe()).toEqual([])
    await expect(puller.content.tag('app:1', 'app:2')).rejects.toMatchObject({ code: 'STORE_CORRUPT' })
    await expect(puller.content.export(['app:1'])).rejects.toMatchObject({ code: 'STORE_CORRUPT' })
    expect(existsSync(puller.store)).toBe(false)
  })
})
