/** Tests that each kind of damage is found, reported and repaired. */
import { chmod, lstat, readFile, rename, rm, symlink, truncate, utimes, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { buildImage, buildIndex, putImage } from '../../../lib/testing/images/index.js'
import { type Fault, type TestRegistry, faults } from '../../../lib/testing/registry/index.js'
import type { PullOptions, Windlass } from '../../../puller/index.js'
import type { PulledImage } from '../../../lib/stages/index.js'
import type { StoreProblem } from '../../../pipelines/index.js'
import { Workbench, asked, blobPath, blobsIn, fileNamed, imageOf } from '../../support/workbench.js'

const platform = 'linux/amd64'

const flip = async (path: string): Promise<void> => {
  const bytes = await readFile(path)
  const at = bytes.length >> 1
  bytes[at] = bytes[at]! ^ 1
  await writeFile(path, bytes)
}

describe('verifying a store', () => {
  const bench = new Workbench()
  const image = imageOf(['base', 'app'])
  const index = buildIndex([image])

  interface Stored {
    readonly registry: TestRegistry
    readonly puller: Windlass
    readonly pulled: PulledImage
  }

  async function stored(options: PullOptions = {}): Promise<Stored> {
    const registry = await bench.registry()
    await putImage(registry, 'team/app', '1', index)
    const puller = await bench.puller()
    const pulled = await puller.pull(`${registry.host}/team/app:1`, { platform, ...options }).done
    return { registry, puller, pulled }
  }

  it('finds no problem after a pull, with or without blobs and trees', async () => {
    for (const options of [{}, { unpack: false }, { discardBlobs: true }, { whiteouts: 'aufs' }] as const) {
      const { puller } = await stored(options)
      const report = await puller.verify()
      expect(report).toMatchObject({ images: 1, problems: [], unreferenced: [], unexpectedPaths: [] })
      expect(report.trees).toBe('unpack' in options || 'discardBlobs' in options ? 0 : 2)
      expect(report.unverifiable.length).toBe('discardBlobs' in options ? 2 : 0)
    }
  })

  it('finds no problem in layers with every kind of entry', async () => {
    const odd = buildImage({
      layers: [
        {
          entries: [
            { path: 'bin', type: 'directory', mode: 0o1777, uid: 7, gid: 8 },
            { path: 'bin/tool', content: 'x'.repeat(5000), mode: 0o4755, mtime: 1_600_000_000 },
            { path: 'bin/same', type: 'link', linkTarget: 'bin/tool' },
            { path: 'deep/er/file', content: 'y' },
            { path: 'link', type: 'symlink', linkTarget: '/nowhere' },
            { path: 'gone/.wh.file', content: '' },
          ],
        },
      ],
    })
    const registry = await bench.registry()
    await putImage(registry, 'odd', '1', odd)
    const puller = await bench.puller()
    await puller.pull(`${registry.host}/odd:1`, { platform }).done
    expect(await puller.verify()).toMatchObject({ trees: 1, problems: [] })
  })

  interface Damage {
    readonly what: string
    readonly kind: StoreProblem['kind']
    readonly do: (stored: Stored) => Promise<unknown>
    readonly why: RegExp
    /** Expected requests of the repair. */
    readonly costs: number
  }
  const blob = (at: number) => image.layers[at]!.digest
  const layerPath = ({ pulled }: Stored, at: number) => join(pulled.layers[at]!.rootfs!, '..')
  const damages: readonly Damage[] = [
    {
      what: 'a flipped bit in a layer',
      kind: 'layer',
      do: ({ puller }) => flip(blobPath(puller.store, blob(0))),
      why: /its content has the digest sha256/,
      costs: 1,
    },
    {
      what: 'a layer cut short',
      kind: 'layer',
      do: ({ puller }) => truncate(blobPath(puller.store, blob(1)), 10),
      why: /it has 10 bytes instead of/,
      costs: 1,
    },
    {
      what: 'a blob that is a link',
      kind: 'layer',
      do: async ({ puller }) => {
        const path = blobPath(puller.store, blob(1))
        await rename(path, `${path}.away`)
        await symlink(`${path}.away`, path)
      },
      why: /not a regular file/,
      costs: 1,
    },
    {
      what: 'a flipped bit in the config',
      kind: 'config',
      do: ({ puller }) => flip(blobPath(puller.store, image.config.digest)),
      why: /its content has the digest/,
      costs: 1,
    },
    {
      what: 'a manifest that is gone',
      kind: 'manifest',
      do: ({ puller }) => rm(blobPath(puller.store, image.manifest.digest)),
      why: /it is missing/,
      costs: 1,
    },
    {
      what: 'an emptied index',
      kind: 'index',
      do: ({ puller }) => truncate(blobPath(puller.store, index.manifest.digest)),
      why: /its content has the digest/,
      costs: 1,
    },
    {
      what: 'a file in a tree with other content, and the same size and time',
      kind: 'tree',
      do: async ({ pulled }) => {
        const file = join(pulled.layers[0]!.rootfs!, 'base')
        const { atime, mtime } = await lstat(file)
        await flip(file)
        await utimes(file, atime, mtime)
      },
      why: /base: sha256/,
      costs: 0,
    },
    {
      what: 'a file in a tree with another mode',
      kind: 'tree',
      do: ({ pulled }) => chmod(join(pulled.layers[0]!.rootfs!, 'base'), 0o777),
      why: /base: mode \d+ ≠ 0777/,
      costs: 0,
    },
    {
      what: 'a file more in a tree',
      kind: 'tree',
      do: ({ pulled }) => writeFile(join(pulled.layers[1]!.rootfs!, 'more'), ''),
      why: /more: entry missing ≠ file/,
      costs: 0,
    },
    {
      what: 'a tree that is gone',
      kind: 'tree',
      do: ({ pulled }) => rm(pulled.layers[1]!.rootfs!, { recursive: true }),
      why: /^its tree \S+ is missing$/,
      costs: 0,
    },
    {
      what: 'an emptied layer.json',
      kind: 'tree',
      do: (all) => truncate(join(layerPath(all, 0), 'layer.json')),
      why: /its layer.json cannot be read/,
      costs: 0,
    },
    {
      what: 'a lost pointer',
      kind: 'tree',
      do: ({ puller }) => rm(join(puller.store, 'layers', 'by-blob', ...blob(0).split(':'))),
      why: /^not all of its blobs point to it$/,
      costs: 0,
    },
  ]

  for (const { what, kind, do: damage, why, costs } of damages)
    it(`finds and repairs ${what}`, async () => {
      const all = await stored()
      const { puller, registry, pulled } = all
      await damage(all)
      const found = (await puller.verify()).problems
      expect(found).toEqual([
        expect.objectContaining({ kind, images: [pulled.name], repaired: false }) as StoreProblem,
      ])
      expect(found[0]!.why).toMatch(why)
      const from = registry.requests.length
      const mended = await puller.verify({ repair: true })
      expect(mended.problems).toEqual([expect.objectContaining({ kind, repaired: true }) as StoreProblem])
      expect(asked(registry, from).length).toBe(costs)
      expect(await puller.verify()).toMatchObject({ problems: [], unreferenced: [] })
      const again = await puller.pull(pulled.name, { platform }).done
      expect(again.status).toBe('up-to-date')
      expect(await readFile(join(again.layers[0]!.rootfs!, 'base'), 'utf8')).toBe('this is base')
    })

  it('repairs several problems at once, even if the tag has moved', async () => {
    const { registry, puller } = await stored()
    await putImage(registry, 'team/app', '1', imageOf(['other']))
    await putImage(registry, 'team/app', 'old', index)
    for (const digest of await blobsIn(puller.store)) await flip(blobPath(puller.store, digest as never))
    const before = await puller.images()
    const { problems } = await puller.verify({ repair: true })
    expect(problems.map(({ kind, repaired }) => [kind, repaired])).toHaveLength(5)
    expect(problems.filter(({ repaired }) => !repaired)).toEqual([])
    expect((await puller.verify()).problems).toEqual([])
    expect((await puller.images()).map(({ digest }) => digest)).toEqual(before.map(({ digest }) => digest))
  })

  it('verifies and repairs an image of a name whose manifest is repaired for a later name', async () => {
    const registry = await bench.registry()
    const puller = await bench.puller()
    const names: string[] = []
    for (const repository of ['first', 'second']) {
      await putImage(registry, repository, '1', image)
      names.push(`${registry.host}/${repository}:1`)
      await puller.pull(names.at(-1)!, { platform }).done
    }
    await flip(blobPath(puller.store, image.manifest.digest))
    await flip(blobPath(puller.store, blob(0)))
    // The first repository has only the layer, and the second one only the manifest.
    registry.hook(({ repository, reference }) =>
      reference === (repository === 'first' ? image.manifest.digest : blob(0))
        ? { status: 404, headers: {}, body: Buffer.alloc(0) }
        : undefined,
    )
    const { problems } = await puller.verify({ repair: true })
    expect(new Map(problems.map(({ digest, images, repaired }) => [digest, { images, repaired }]))).toEqual(
      new Map([
        [image.manifest.digest, { images: names, repaired: true }],
        [blob(0), { images: names.toReversed(), repaired: true }],
      ]),
    )
    expect((await puller.verify()).problems).toEqual([])
  })

  it('reports what it could not repair and why, and keeps an intact tree', async () => {
    const { registry, puller, pulled } = await stored()
    await flip(blobPath(puller.store, blob(0)))
    await registry.close()
    const { problems } = await puller.verify({ repair: true })
    expect(problems).toMatchObject([{ kind: 'layer', repaired: false, error: { code: 'NETWORK' } }])
    expect(await readFile(join(pulled.layers[0]!.rootfs!, 'base'), 'utf8')).toBe('this is base')
  })

  describe('if the fetch fails', () => {
    const failures: [string, Fault][] = [
      ['because nobody has it', faults.status(404, { reference: blob(0), times: Infinity })],
      ['on the way', faults.truncate(20, { reference: blob(0), times: Infinity })],
      ['because other bytes come', faults.wrongByte(3, { reference: blob(0), times: Infinity })],
    ]
    it.each(failures)(
      '%s, the damaged blob stays, and is found and mended the next time',
      async (_why, fault) => {
        const { registry, puller, pulled } = await stored()
        const path = blobPath(puller.store, blob(0))
        await flip(path)
        const damaged = await readFile(path)
        registry.addFault(fault)
        const { problems } = await puller.verify({ repair: true })
        expect(problems).toMatchObject([{ kind: 'layer', path, repaired: false }])
        expect((await readFile(path)).equals(damaged)).toBe(true)
        expect((await puller.verify()).problems).toMatchObject([{ kind: 'layer', why: problems[0]!.why }])
        registry.clearFaults()
        expect((await puller.verify({ repair: true })).problems).toMatchObject([{ repaired: true }])
        expect((await readFile(path)).equals(image.layers[0]!.bytes)).toBe(true)
        expect((await puller.verify()).problems).toEqual([])
        expect(await readFile(join(pulled.layers[0]!.rootfs!, 'base'), 'utf8')).toBe('this is base')
      },
    )

    it.each([
      ['the manifest', image.manifest.digest],
      ['the index', index.manifest.digest],
      ['the config', image.config.digest],
    ])('%s is not changed', async (_what, digest) => {
      const { registry, puller } = await stored()
      const path = blobPath(puller.store, digest)
      await flip(path)
      const damaged = await readFile(path)
      registry.addFault(faults.status(500, { kind: 'any', times: Infinity }))
      expect((await puller.verify({ repair: true })).problems).toMatchObject([{ repaired: false }])
      expect((await readFile(path)).equals(damaged)).toBe(true)
      registry.clearFaults()
      expect((await puller.verify({ repair: true })).problems).toMatchObject([{ repaired: true }])
    })
  })

  it('resumes a partial download of the damaged blob', async () => {
    const { registry, puller } = await stored()
    await flip(blobPath(puller.store, blob(0)))
    registry.addFault(faults.truncate(20, { reference: blob(0), nth: 2 }))
    expect((await puller.verify({ repair: true })).problems).toMatchObject([{ repaired: false }])
    expect((await puller.verify({ repair: true })).problems).toMatchObject([{ repaired: true }])
    const ranges = registry.requests.filter(({ reference }) => reference === blob(0))
    expect(ranges.map(({ headers }) => headers['range'])).toEqual([undefined, undefined, 'bytes=20-'])
  })

  it('finds damage of a layer that no name needs, because the next pull may reuse it', async () => {
    const { puller, pulled } = await stored()
    await puller.remove(pulled.name)
    const [content, record] = pulled.layers
    await flip(join(content!.rootfs!, 'base'))
    await truncate(join(record!.rootfs!, '..', 'layer.json'))
    const states = async (repair: boolean) =>
      new Map((await puller.verify({ repair })).problems.map(({ digest, repaired }) => [digest, repaired]))
    const of = (...repaired: boolean[]) =>
      new Map([content!, record!].map(({ diffID }, at) => [diffID, repaired[at]]))
    expect(await states(false)).toEqual(of(false, false))
    // The blob of the other layer is unknown without its record, so the layer cannot be repaired. `collect` removes it.
    expect(await states(true)).toEqual(of(true, false))
    expect((await puller.verify()).problems).toMatchObject([{ kind: 'tree', digest: record!.diffID }])
    await puller.collect()
    expect((await puller.verify()).problems).toEqual([])
    const again = await puller.pull(pulled.name, { platform }).done
    expect(await readFile(join(again.layers[0]!.rootfs!, 'base'), 'utf8')).toBe('this is base')
  })

  it('unpacks both forms of a layer again if its record is damaged', async () => {
    const { puller, pulled } = await stored()
    const both = await puller.pull(pulled.name, { platform, whiteouts: 'aufs' }).done
    const [overlay, aufs] = [pulled, both].map(({ layers }) => layers[0]!.rootfs!)
    expect(aufs).not.toBe(overlay)
    await truncate(join(overlay!, '..', 'layer.json'))
    expect((await puller.verify({ repair: true })).problems).toMatchObject([{ kind: 'tree', repaired: true }])
    expect(await puller.verify()).toMatchObject({ problems: [], trees: 4 })
    for (const tree of [overlay!, aufs!])
      expect(await readFile(join(tree, 'base'), 'utf8')).toBe('this is base')
  })

  it('renames a misnamed blob without a request', async () => {
    const { registry, puller } = await stored()
    const path = blobPath(puller.store, blob(0))
    const other = path.replace(/.$/, (last) => (last === '0' ? '1' : '0'))
    await rename(path, other)
    expect((await puller.verify()).problems).toMatchObject([
      { kind: 'layer', path, why: 'it is missing' },
      { kind: 'blob', path: other, images: [] },
    ])
    const from = registry.requests.length
    expect((await puller.verify({ repair: true })).problems).toMatchObject([
      { kind: 'layer', path, repaired: true },
    ])
    expect(asked(registry, from)).toEqual([])
    expect((await readFile(path)).equals(image.layers[0]!.bytes)).toBe(true)
    expect(await puller.verify()).toMatchObject({ problems: [], unverifiable: [] })
  })

  it('renames a misnamed blob that no name needs', async () => {
    const { puller, pulled } = await stored()
    await puller.remove(pulled.name)
    const path = blobPath(puller.store, blob(0))
    const other = path.replace(/.$/, (last) => (last === '0' ? '1' : '0'))
    await rename(path, other)
    expect((await puller.verify({ repair: true })).problems).toMatchObject([
      { kind: 'blob', path: other, images: [], repaired: true },
    ])
    expect((await readFile(path)).equals(image.layers[0]!.bytes)).toBe(true)
    expect((await puller.verify()).problems).toEqual([])
  })

  it('verifies content that no name needs, and reports files that do not belong to the store', async () => {
    const { puller, pulled } = await stored()
    await puller.remove(pulled.name)
    await flip(blobPath(puller.store, blob(0)))
    const stranger = join(puller.store, 'blobs', 'sha256', 'notes.txt')
    await writeFile(stranger, '')
    const unreadable = join(puller.store, 'blobs', 'sha256', '\ufffd')
    await writeFile(Buffer.concat([Buffer.from(unreadable.slice(0, -1)), Buffer.of(0xb7)]), '')
    const report = await puller.verify()
    expect(report).toMatchObject({
      images: 0,
      problems: [{ kind: 'blob', images: [] }],
      unexpectedPaths: expect.arrayContaining([stranger, unreadable]) as string[],
    })
    expect(report.unreferenced?.length).toBe(7)
    expect((await puller.verify({ repair: true })).problems).toMatchObject([{ repaired: true }])
    expect((await puller.verify()).problems).toEqual([])
  })

  it('ends when the signal aborts', async () => {
    const { puller } = await stored()
    await expect(puller.verify({ signal: AbortSignal.abort() })).rejects.toMatchObject({ code: 'CANCELLED' })
  })

  it('verifies a layer that two images share only once', async () => {
    const { registry, puller, pulled } = await stored()
    await putImage(registry, 'other', '1', buildImage({ layers: [{ entries: fileNamed('base') }] }))
    const other = await puller.pull(`${registry.host}/other:1`, { platform }).done
    await flip(blobPath(puller.store, blob(0)))
    const { problems, blobs } = await puller.verify()
    expect(problems).toMatchObject([{ images: [pulled.name, other.name] }])
    expect(blobs).toBe(7)
  })
})
