/** Directories that a layer has something in and does not list: as the lower layers have them, from blobs and from trees. */
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { type BuiltImage, buildImage, putImage } from '../../lib/testing/images/index.js'
import { describeTree } from '../../lib/archive/index.js'
import type { PullOptions } from '../../puller/index.js'
import { Workbench, layerDirectory } from '../support/workbench.js'
import { wanted } from '../support/watching.js'

const asRoot = process.geteuid?.() === 0
const mtime = 1_000_000_000

/** As `crane append` and Bazel make them: the upper layers have no entries for the directories of their files. */
const image: BuiltImage = buildImage({
  layers: [
    {
      entries: [
        { path: 'home', type: 'directory', mode: 0o755, mtime },
        { path: 'home/app', type: 'directory', mode: 0o700, uid: 1000, gid: 1000, mtime },
        { path: 'home/app/a', content: 'a', mode: 0o600, uid: 1000, gid: 1000, mtime },
        { path: 'tmp', type: 'directory', mode: 0o1777, mtime },
        { path: 'etc', content: 'a file', mtime },
      ],
    },
    {
      entries: [
        { path: 'home/app/.config/x', content: 'x', mtime },
        { path: 'etc/passwd', content: 'p', mtime },
      ],
    },
    { entries: [{ path: 'tmp/y', content: 'y', mtime }] },
  ],
})

describe('directories that a layer does not list', () => {
  const bench = new Workbench()

  async function pulled(options: PullOptions) {
    const registry = await bench.registry()
    await putImage(registry, 'app', '1', image)
    const puller = await bench.puller()
    const rootfs = bench.path()
    await puller.pull(`${registry.host}/app:1`, { ...wanted, ...options, rootfs }).done
    return { puller, rootfs }
  }

  it.runIf(asRoot).each<[string, PullOptions]>([
    ['from the blobs', {}],
    ['from trees with whiteouts as overlayfs has them', { discardBlobs: true, whiteouts: 'overlay' }],
    ['from trees with whiteouts as files', { discardBlobs: true, whiteouts: 'aufs' }],
  ])('have the attributes of the lower layer in a tree put together %s', async (_how, options) => {
    const before = process.umask(0o077)
    const { rootfs } = await pulled(options).finally(() => process.umask(before))
    const tree = new Map((await describeTree(rootfs)).map((entry) => [entry.path, entry]))
    const seen = ['.', 'home', 'home/app', 'home/app/.config', 'tmp', 'etc'].map((path) => {
      const { mode, uid, mtime: ns } = tree.get(path)!
      return [path, mode.toString(8), uid, Number(ns / 1_000_000_000n)]
    })
    expect(seen).toEqual([
      ['.', '755', 0, 0],
      ['home', '755', 0, mtime],
      ['home/app', '700', 1000, mtime],
      ['home/app/.config', '755', 0, 0],
      ['tmp', '1777', 0, mtime],
      ['etc', '755', 0, 0],
    ])
  })

  it('are in the record of the layer', async () => {
    const { puller } = await pulled({})
    const implied = await Promise.all(
      image.layers.map(async ({ diffID }) => {
        const text = await readFile(join(layerDirectory(puller.store, diffID), 'layer.json'), 'utf8')
        return (JSON.parse(text) as { implied?: unknown }).implied
      }),
    )
    expect(implied).toEqual([['.'], ['.', 'etc', 'home', 'home/app', 'home/app/.config'], ['.', 'tmp']])
    expect(await puller.verify()).toMatchObject({ problems: [] })
  })
})
