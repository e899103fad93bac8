/** The store as Mesos's puller has it: when an image counts as here, and what is fetched again of one that does not. */
import { existsSync } from 'node:fs'
import { readFile, readdir, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { buildImage, putImage, tinyImage } from '../../lib/testing/images/index.js'
import type { TestRegistry } from '../../lib/testing/registry/index.js'
import type { PullOptions, Windlass } from '../../puller/index.js'
import { schema1Payload, topConfig } from '../../testbench/documents/schema1-images.js'
import { Workbench, asked, blobPath, fileNamed, imageOf, layerDirectory } from '../support/workbench.js'

const wanted: PullOptions = { platform: 'linux/amd64' }

describe('an image in the store', () => {
  const bench = new Workbench()
  const image = imageOf(['base', 'top'])
  const [base, top] = image.layers

  /** The image, pulled into a store of its own. */
  async function pulled(): Promise<{
    registry: TestRegistry
    puller: Windlass
    name: string
    store: string
  }> {
    const registry = await bench.registry()
    await putImage(registry, 'team/app', '1', image)
    const puller = await bench.puller()
    const name = `${registry.host}/team/app:1`
    await puller.pull(name, wanted).done
    return { registry, puller, name, store: puller.store }
  }

  /** What a second pull asks for, without the manifest that it always asks for. */
  async function missingIn({
    registry,
    puller,
    name,
  }: Awaited<ReturnType<typeof pulled>>): Promise<string[]> {
    const before = registry.requests.length
    await puller.pull(name, wanted).done
    const [manifest, ...blobs] = asked(registry, before)
    expect(manifest).toBe('manifest 1')
    return blobs
  }

  it('is answered with no config and no layer requested (S0-42, S0-48, S0-64, S2-27)', async () => {
    const here = await pulled()
    expect(await missingIn(here)).toEqual([])
    const again = await here.puller.pull(here.name, wanted).done
    expect(again.status).toBe('up-to-date')
    expect(await readFile(join(again.layers[1]!.rootfs!, 'top'), 'utf8')).toBe('this is top')
  })

  it.each([base!, top!])(
    'counts as missing without the tree of one layer, which is brought back: %# (S0-62, S0-64)',
    async (layer) => {
      const here = await pulled()
      await rm(layerDirectory(here.store, layer.diffID), { recursive: true })
      await rm(blobPath(here.store, layer.digest))
      expect(await missingIn(here)).toEqual([`blob ${layer.digest}`])
      expect(existsSync(join(layerDirectory(here.store, layer.diffID), 'rootfs'))).toBe(true)
    },
  )

  it('unpacks again what is left of a layer, where its blob stayed (S0-62, S0-64)', async () => {
    const here = await pulled()
    await rm(join(layerDirectory(here.store, base!.diffID), 'rootfs'), { recursive: true })
    expect(await missingIn(here)).toEqual([])
    expect(await readFile(join(layerDirectory(here.store, base!.diffID), 'rootfs', 'base'), 'utf8')).toBe(
      'this is base',
    )
  })

  it('counts as missing without its config, which is fetched again (S0-63, S0-64)', async () => {
    const here = await pulled()
    await rm(blobPath(here.store, image.config.digest))
    expect(await missingIn(here)).toEqual([`blob ${image.config.digest}`])
    expect(await readFile(blobPath(here.store, image.config.digest))).toEqual(image.config.bytes)
  })

  it('fails with a code, and the path, where its manifest cannot be read (S0-33)', async () => {
    const here = await pulled()
    const manifest = blobPath(here.store, image.manifest.digest)
    await writeFile(manifest, Buffer.alloc(image.manifest.size))
    await expect(here.puller.unpack(here.name, bench.path(), wanted).done).rejects.toMatchObject({
      code: 'STORE_CORRUPT',
      subject: { path: manifest },
    })
  })

  it('fails with a code where its config cannot be read, and with another where it cannot be parsed (S0-66)', async () => {
    const here = await pulled()
    await writeFile(blobPath(here.store, image.config.digest), Buffer.alloc(image.config.size))
    await expect(here.puller.unpack(here.name, bench.path(), wanted).done).rejects.toMatchObject({
      code: 'STORE_CORRUPT',
      message: expect.stringContaining(blobPath(here.store, image.config.digest)),
    })
    // A pull has where to get it from, and fetches it again.
    const before = here.registry.requests.length
    await here.puller.pull(here.name, wanted).done
    expect(asked(here.registry, before)).toEqual(['manifest 1', `blob ${image.config.digest}`])
    expect(await readFile(blobPath(here.store, image.config.digest))).toEqual(image.config.bytes)
    const broken = buildImage({ layers: [{ entries: fileNamed('x') }], config: { rootfs: 7 } })
    await putImage(here.registry, 'team/broken', '1', broken)
    await expect(here.puller.pull(`${here.registry.host}/team/broken:1`, wanted).done).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
      message: expect.stringContaining('rootfs: expected a rootfs'),
    })
  })

  it('is put together with no network traffic (S0-64)', async () => {
    const { registry, puller, name } = await pulled()
    const before = registry.requests.length
    const directory = bench.path()
    await puller.unpack(name, directory, wanted).done
    expect((await readdir(directory)).sort()).toEqual(['base', 'top'])
    expect(registry.requests).toHaveLength(before)
  })

  it('has the run-time config of its config blob; one of schema 1, that of its leaf (S0-65)', async () => {
    const registry = await bench.registry()
    const run = (word: string) => ({ Env: [`A=${word}`], Cmd: ['/bin/sh', word] })
    const today = imageOf(['base', 'top'], { config: { config: run('today') } })
    await putImage(registry, 'team/today', '1', today)
    const of = (at: number, word: string) => ({
      blob: today.layers[at]!.digest,
      v1: { ...topConfig, config: run(word) },
    })
    const old = schema1Payload([of(0, 'below'), of(1, 'leaf')])
    registry.putManifest('team/old', '1', old, 'application/vnd.docker.distribution.manifest.v1+json')
    const puller = await bench.puller()
    const configs = []
    for (const name of ['today', 'old'])
      configs.push((await puller.pull(`${registry.host}/team/${name}:1`, wanted).done).config.config)
    expect(configs).toEqual([run('today'), run('leaf')])
  })

  it('leaves a layer that was here as it was, and lists it all the same (S0-52)', async () => {
    const here = await pulled()
    const directory = layerDirectory(here.store, base!.diffID)
    const before = [await stat(directory), await stat(join(directory, 'rootfs', 'base'))]
    const other = imageOf(['base', 'other'])
    await putImage(here.registry, 'team/other', '1', other)
    const result = await here.puller.pull(`${here.registry.host}/team/other:1`, wanted).done
    expect(result.layers.map(({ digest }) => digest)).toEqual(other.layers.map(({ digest }) => digest))
    expect(result.layers[0]!.rootfs).toBe(join(directory, 'rootfs'))
    const after = [await stat(directory), await stat(join(directory, 'rootfs', 'base'))]
    expect(after.map(({ ino, mtimeMs }) => [ino, mtimeMs])).toEqual(
      before.map(({ ino, mtimeMs }) => [ino, mtimeMs]),
    )
  })

  it('keeps a config apart from a layer with the same digest (S0-61)', async () => {
    const registry = await bench.registry()
    // A config whose bytes are also a layer: they cannot be unpacked, but neither may they take each other's place.
    const { config, manifest } = tinyImage()
    const twice = {
      mediaType: 'application/vnd.oci.image.layer.v1.tar',
      digest: config.digest,
      size: config.size,
    }
    const bytes = Buffer.from(JSON.stringify({ ...JSON.parse(manifest.bytes.toString()), layers: [twice] }))
    registry.putBlob(config.bytes)
    registry.putManifest('team/app', '1', bytes, manifest.mediaType)
    const puller = await bench.puller()
    const name = `${registry.host}/team/app:1`
    const { layers, imageId } = await puller.pull(name, { ...wanted, unpack: false }).done
    expect([imageId, ...layers.map(({ digest }) => digest)]).toEqual([config.digest, config.digest])
    expect(await readFile(blobPath(puller.store, config.digest))).toEqual(config.bytes)
    await expect(puller.pull(name, wanted).done).rejects.toMatchObject({ exitCode: 5 })
    expect(await readdir(join(puller.store, 'layers'))).toEqual([])
    expect(await readFile(blobPath(puller.store, config.digest))).toEqual(config.bytes)
  })

  it('is found under the name as it was typed, where an older version stored it so (S0-11)', async () => {
    const here = await pulled()
    const typed = here.name.replace(/:1$/, '')
    await putImage(here.registry, 'team/app', 'latest', image)
    await here.puller.pull(typed, wanted).done
    const index = join(here.store, 'index.json')
    // As a store has it that was written before names were normalised, or had a check.
    const renamed = (await readFile(index, 'utf8'))
      .replaceAll(`${typed}:latest`, typed)
      .replaceAll(/,?"io\.windlass\.entry\.sha256":"[0-9a-f]{64}"/g, '')
    await writeFile(index, renamed)
    const before = here.registry.requests.length
    await here.puller.unpack(typed, bench.path(), wanted).done
    expect(here.registry.requests).toHaveLength(before)
  })

  it('is up to date under the name as it was typed, and gets no second name (S0-11)', async () => {
    const here = await pulled()
    const typed = here.name.replace(/:1$/, '')
    await putImage(here.registry, 'team/app', 'latest', image)
    await here.puller.pull(typed, wanted).done
    const index = join(here.store, 'index.json')
    // As a store has it that was written before names were normalised, or had a check.
    const renamed = (await readFile(index, 'utf8'))
      .replaceAll(`${typed}:latest`, typed)
      .replaceAll(/,?"io\.windlass\.entry\.sha256":"[0-9a-f]{64}"/g, '')
    await writeFile(index, renamed)
    expect(await here.puller.pull(typed, wanted).done).toMatchObject({ status: 'up-to-date' })
    expect(await readFile(index, 'utf8')).toBe(renamed)
  })

  it('fetches and unpacks everything again, whatever is here, and leaves it whole (S0-74)', async () => {
    const here = await pulled()
    const before = here.registry.requests.length
    const again = await here.puller.pull(here.name, { ...wanted, refresh: true }).done
    expect(again.status).toBe('newer')
    const blobs = [image.config.digest, ...image.layers.map(({ digest }) => digest)]
    expect(asked(here.registry, before).sort()).toEqual(
      expect.arrayContaining([...new Set(blobs.slice(1))].map((digest) => `blob ${digest}`).sort()),
    )
    const third = here.registry.requests.length
    expect(await here.puller.pull(here.name, wanted).done).toMatchObject({ status: 'up-to-date' })
    expect(asked(here.registry, third)).toEqual(['manifest 1'])
  })

  it('says how long it took, whether it came or failed (S0-77)', async () => {
    const here = await pulled()
    const durations: unknown[] = []
    for (const name of [here.name, `${here.registry.host}/team/none:1`]) {
      const pull = here.puller.pull(name, wanted)
      pull.events.subscribe((event) => {
        if (event.type === 'end') durations.push(event.duration)
      })
      await pull.done.catch(() => undefined)
    }
    expect(durations).toEqual([expect.any(Number), expect.any(Number)])
    expect(Math.min(...(durations as number[]))).toBeGreaterThanOrEqual(0)
  })
})
