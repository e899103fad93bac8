/** What a pull asks a registry for, in which order, and what becomes of answers that it cannot use. */
import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { compose } from '../../lib/flow/index.js'
import { parseReference } from '../../lib/image/index.js'
import { Registries } from '../../lib/registry/index.js'
import { buildImage, buildIndex, putImage } from '../../lib/testing/images/index.js'
import { faults, problem } from '../../lib/testing/registry/index.js'
import { Workbench, asked, blobPath, blobsIn, breakBlobs, doing, imageOf } from '../support/workbench.js'

const wanted = { platform: 'linux/amd64' }

describe('requests', () => {
  const bench = new Workbench()

  it('has three kinds: a manifest alone, an image with all blobs, one blob alone (S0-01)', async () => {
    const registry = await bench.registry()
    const image = imageOf(['base', 'top'])
    await putImage(registry, 'team/app', '1', image)
    const name = `${registry.host}/team/app:1`
    const puller = await bench.puller()

    const { manifest, image: none } = await puller.inspect(name, { manifestOnly: true })
    expect(manifest).toEqual(image.manifest.bytes)
    expect(none).toBeUndefined()
    expect(asked(registry)).toEqual(['manifest 1'])
    expect(existsSync(puller.store)).toBe(false)

    const before = registry.requests.length
    await puller.pull(name, wanted).done
    expect(asked(registry, before).sort()).toEqual(
      ['manifest 1', ...[...image.blobs.keys()].map((digest) => `blob ${digest}`)].sort(),
    )

    const registries = new Registries()
    const beforeBlob = registry.requests.length
    const [layer] = image.layers
    const { stream } = await registries.repository(parseReference(name)).blob(layer!)
    expect(Buffer.concat(await stream.toArray())).toEqual(layer!.bytes)
    expect(asked(registry, beforeBlob)).toEqual([`blob ${layer!.digest}`])
    await registries.close()
  })

  it('asks for nothing, and makes no store, where the name or the platform cannot be (S0-02)', async () => {
    const registry = await bench.registry()
    const puller = await bench.puller()
    for (const name of [
      '',
      `ftp://${registry.host}/app`,
      `${registry.host}/App`,
      `${registry.host}/app:`,
      `${registry.host}/`,
    ])
      expect(() => puller.pull(name)).toThrow(expect.objectContaining({ code: 'REFERENCE_INVALID' }))
    expect(() => puller.pull(`${registry.host}/app`, { platform: 'a/b/c/d' })).toThrow(
      expect.objectContaining({ code: 'PLATFORM_INVALID' }),
    )
    expect(registry.requests).toEqual([])
    expect(existsSync(puller.store)).toBe(false)
  })

  it('uses the normalised name in URLs and keeps the name as it was typed (S0-10, S0-13, S0-59)', async () => {
    const registry = await bench.registry()
    const image = imageOf(['base', 'top'])
    await putImage(registry, 'team/app', 'latest', image)
    const typed = `${registry.host}/team/app`
    const puller = await bench.puller()
    const pulled = await puller.pull(typed, wanted).done
    expect(registry.requests.filter(({ kind }) => kind !== 'ping').map(({ url }) => url)).toEqual(
      expect.arrayContaining([
        '/v2/team/app/manifests/latest',
        ...[...image.blobs.keys()].map((digest) => `/v2/team/app/blobs/${digest}`),
      ]),
    )
    expect(await puller.images()).toEqual([
      expect.objectContaining({ name: `${typed}:latest`, typed, imageId: image.config.digest }),
    ])
    expect(pulled.layers.map(({ digest }) => digest)).toEqual(image.layers.map(({ digest }) => digest))
  })

  it('pulls what a manifest list leads to (S0-20)', async () => {
    const registry = await bench.registry()
    const format = 'docker'
    const arm = imageOf(['arm'], { format, platform: { os: 'linux', architecture: 'arm64' } })
    const list = buildIndex([imageOf(['amd'], { format }), arm], { format })
    await putImage(registry, 'team/app', '1', list)
    const puller = await bench.puller()
    const pulled = await puller.pull(`${registry.host}/team/app:1`, { platform: 'linux/arm64' }).done
    expect(pulled).toMatchObject({ digest: list.manifest.digest, imageId: arm.config.digest })
  })

  it.each([
    ['no JSON at all', '{"schemaVersion":2', 'manifest JSON'],
    ['a schema 2 manifest without its config', '{"schemaVersion":2,"layers":[]}', 'schema 2 manifest'],
    ['a schema 1 manifest without its name', '{"schemaVersion":1,"fsLayers":[]}', 'schema 1 manifest'],
  ])('names the schema and leaves nothing of %s (S0-22, S0-33)', async (_what, text, named) => {
    const registry = await bench.registry()
    registry.putManifest('team/app', '1', Buffer.from(text), '')
    const puller = await bench.puller()
    await expect(puller.pull(`${registry.host}/team/app:1`).done).rejects.toMatchObject({
      code: 'MANIFEST_INVALID',
      message: expect.stringContaining(named),
    })
    expect(await blobsIn(puller.store)).toEqual([])
    expect(await puller.images()).toEqual([])
  })

  it('stores the manifest byte for byte, also where another writer would not write it so (S0-23)', async () => {
    const registry = await bench.registry()
    const image = imageOf(['base'])
    await putImage(registry, 'team/app', 'plain', image)
    const bytes = Buffer.from(
      ` \n${JSON.stringify(JSON.parse(image.manifest.bytes.toString()), undefined, 7)}\t\n`,
    )
    const digest = registry.putManifest('team/app', '1', bytes, image.manifest.mediaType)
    const puller = await bench.puller()
    expect(await puller.pull(`${registry.host}/team/app:1`, wanted).done).toMatchObject({ digest })
    expect(await readFile(blobPath(puller.store, digest))).toEqual(bytes)
  })

  it('fails where what came cannot be stored, and names the path (S0-23)', async () => {
    const registry = await bench.registry()
    const image = imageOf(['base'])
    await putImage(registry, 'team/app', '1', image)
    const puller = await bench.puller()
    const pull = puller.pull(`${registry.host}/team/app:1`, {
      ...wanted,
      stages: (bound) => ({
        ...bound,
        commitImage: compose(
          doing(() => breakBlobs(puller.store)),
          bound.commitImage,
        ),
      }),
    })
    const blobs = dirname(blobPath(puller.store, image.manifest.digest))
    await expect(pull.done).rejects.toMatchObject({
      exitCode: 7,
      message: expect.stringContaining(blobs),
      subject: { path: blobs },
    })
    expect(await puller.images()).toEqual([])
  })

  it('asks for one manifest, and then once for each blob that is missing (S0-25, S0-31, S0-32, S0-50)', async () => {
    const registry = await bench.registry()
    const image = imageOf(['base', 'middle', 'base', 'top'])
    await putImage(registry, 'team/base', '1', imageOf(['middle']))
    await putImage(registry, 'team/app', '1', image)
    const puller = await bench.puller()
    await puller.pull(`${registry.host}/team/base:1`, wanted).done
    const before = registry.requests.length
    await puller.pull(`${registry.host}/team/app:1`, wanted).done
    const [base, , , top] = image.layers
    const [first, ...others] = asked(registry, before)
    expect(first).toBe('manifest 1')
    expect(others.sort()).toEqual([image.config, base!, top!].map(({ digest }) => `blob ${digest}`).sort())
  })
})

describe('config and layers', () => {
  const bench = new Workbench()
  const image = imageOf(['base', 'top'])
  const { config, layers } = image

  it('are asked for together: neither waits for the answer to the other (C11, S2-28)', async () => {
    const registry = await bench.registry()
    await putImage(registry, 'team/app', '1', image)
    let meet: (() => void) | undefined
    const met = new Promise<void>((resolve) => (meet = resolve))
    const seen = new Set<string>()
    registry.hook(async ({ kind, reference }) => {
      if (kind !== 'blob') return undefined
      seen.add(reference)
      if (seen.has(config.digest) && layers.every(({ digest }) => seen.has(digest))) meet?.()
      await met
      return undefined
    })
    const puller = await bench.puller()
    expect(await puller.pull(`${registry.host}/team/app:1`, wanted).done).toMatchObject({ status: 'newer' })
  })

  it('a config that fails ends the layers, is what is reported, and nothing is tried elsewhere (S2-28, S2-29)', async () => {
    const registry = await bench.registry({
      faults: [
        faults.status(404, { reference: config.digest }),
        ...layers.map(({ digest }) => faults.stall(1, { reference: digest })),
      ],
    })
    await putImage(registry, 'team/app', '1', image)
    const puller = await bench.puller({ retries: 5 })
    const pull = puller.pull(`${registry.host}/team/app:1`, wanted)
    await expect(pull.done).rejects.toMatchObject({
      code: 'BLOB_UNKNOWN',
      subject: { digest: config.digest },
    })
    await pull.closed()
    const repeated = asked(registry).filter((request, at, all) => all.indexOf(request) !== at)
    expect(repeated).toEqual([])
    expect(await puller.images()).toEqual([])
  })

  it('a layer that fails once the config is there is what is reported (S2-30)', async () => {
    const registry = await bench.registry()
    await putImage(registry, 'team/app', '1', image)
    const answered = (): boolean =>
      registry.requests.some((each) => each.reference === config.digest && each.status === 200)
    registry.hook(async ({ reference }) => {
      if (reference !== layers[1]!.digest) return undefined
      while (!answered()) await pause(5)
      await pause(50)
      return problem(404, 'BLOB_UNKNOWN', 'no such layer')
    })
    const puller = await bench.puller()
    await expect(puller.pull(`${registry.host}/team/app:1`, wanted).done).rejects.toMatchObject({
      code: 'BLOB_UNKNOWN',
      subject: { digest: layers[1]!.digest },
    })
  })

  it('a layer that fails after the config failed does not hide why (S2-30)', async () => {
    const registry = await bench.registry({ faults: [faults.status(404, { reference: config.digest })] })
    await putImage(registry, 'team/app', '1', image)
    const refused = (): boolean =>
      registry.requests.some((each) => each.reference === config.digest && each.status === 404)
    registry.hook(async ({ kind, reference }) => {
      if (kind !== 'blob' || reference === config.digest) return undefined
      while (!refused()) await pause(5)
      return problem(404, 'BLOB_UNKNOWN', 'no such layer')
    })
    const puller = await bench.puller()
    await expect(puller.pull(`${registry.host}/team/app:1`, wanted).done).rejects.toMatchObject({
      subject: { digest: config.digest },
    })
  })

  it('layers are planned, listed and put together from the bottom to the top (S2-31)', async () => {
    const registry = await bench.registry()
    const says = (content: string) => ({ entries: [{ path: 'who', content }, { path: content }] })
    const tall = buildImage({ layers: ['f', 'b', 'e', 'a', 'd', 'c'].map(says) })
    await putImage(registry, 'team/tall', '1', tall)
    const puller = await bench.puller()
    const rootfs = bench.path()
    const pull = puller.pull(`${registry.host}/team/tall:1`, { ...wanted, rootfs })
    const planned: string[] = []
    pull.events.subscribe((event) => {
      if (event.type === 'plan') planned.push(...event.layers.map(({ digest }) => digest))
    })
    const inOrder = tall.layers.map(({ digest }) => digest)
    expect((await pull.done).layers.map(({ digest }) => digest)).toEqual(inOrder)
    expect(planned).toEqual(inOrder)
    expect(await readFile(join(rootfs, 'who'), 'utf8')).toBe('c')
  })
})
