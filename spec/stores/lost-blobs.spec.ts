/** A layer's blob that was removed while its tree stayed: missed where it was kept, and not where it was discarded. */
import { readFileSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeEach, describe, expect, it } from 'vitest'
import { putImage } from '../../lib/testing/images/index.js'
import type { LayerRecord } from '../../lib/store/layers/layer-record.js'
import type { TestRegistry } from '../../lib/testing/registry/index.js'
import { windlass } from '../support/cli/test-terminal.js'
import { Workbench, asked, blobPath, imageOf, layerDirectory } from '../support/workbench.js'

const platform = 'linux/amd64'
const image = imageOf(['base', 'app'])
const { digest, diffID } = image.layers[1]!

describe('the blob of an unpacked layer', () => {
  const bench = new Workbench()
  let registry: TestRegistry
  let store: string
  let name: string
  beforeEach(async () => {
    registry = await bench.registry()
    await putImage(registry, 'app', '1', image)
    store = bench.path()
    name = `${registry.host}/app:1`
  })
  const pull = async (options: object = {}) => {
    const puller = await bench.puller({ store })
    const done = await puller.pull(name, { platform, ...options }).done
    await puller.close()
    return done
  }
  const verify = async (repair = false) => {
    const puller = await bench.puller({ store })
    const report = await puller.verify({ repair })
    await puller.close()
    return report
  }
  const missing = { kind: 'layer', digest, why: 'it is missing' }

  it('that is lost is brought by the next pull, and the tree stays', async () => {
    await pull()
    const tree = statSync(join(layerDirectory(store, diffID), 'rootfs')).ino
    rmSync(blobPath(store, digest))
    const before = registry.requests.length
    expect((await pull()).status).toBe('newer')
    expect(asked(registry, before).filter((each) => each.startsWith('blob'))).toEqual([`blob ${digest}`])
    expect(statSync(join(layerDirectory(store, diffID), 'rootfs')).ino).toBe(tree)
    expect((await verify()).problems).toEqual([])
    expect((await pull()).status).toBe('up-to-date')
  })

  it('that was cut short is brought by the next pull as well', async () => {
    await pull()
    truncateSync(blobPath(store, digest), 5)
    await pull()
    expect((await verify()).problems).toEqual([])
  })

  it('that is lost is found and brought by verify, which holds the tree against it', async () => {
    await pull()
    rmSync(blobPath(store, digest))
    const found = await verify()
    expect(found.problems).toMatchObject([{ ...missing, images: [name], repaired: false }])
    expect(found.unverifiable).toEqual([diffID])
    writeFileSync(join(layerDirectory(store, diffID), 'rootfs', 'app'), 'changed')
    expect((await verify(true)).problems).toMatchObject([
      { ...missing, repaired: true },
      { kind: 'tree', digest: diffID, repaired: true },
    ])
    expect(await verify()).toMatchObject({ problems: [], unverifiable: [] })
  })

  it('that is lost for good leaves the image to be unpacked, and its name to be removed', async () => {
    await pull()
    rmSync(blobPath(store, digest))
    await registry.close()
    const target = bench.path()
    const run = (...argv: string[]) => windlass([argv[0]!, '--store', store, ...argv.slice(1)])
    expect((await run('unpack', '-q', '--platform', platform, name, target)).code).toBe(0)
    expect(readFileSync(join(target, 'app'), 'utf8')).toBe('this is app')
    const { code, out } = await run('verify', '--repair', '--retries', '1')
    expect(code).toBe(7)
    expect(out).toMatch(/not repaired: Failed to connect to /)
    expect((await run('rm', name)).code).toBe(0)
    expect((await run('gc')).code).toBe(0)
    expect((await run('verify')).code).toBe(0)
  })

  it('that was discarded is missed by nobody, until a pull keeps it', async () => {
    await pull({ discardBlobs: true })
    const before = registry.requests.length
    expect((await pull()).status).toBe('up-to-date')
    expect(asked(registry, before).filter((each) => each.startsWith('blob'))).toEqual([])
    expect(await verify(true)).toMatchObject({ problems: [], unverifiable: [diffIDOf(0), diffID] })
    await pull({ refresh: true })
    rmSync(blobPath(store, digest))
    expect((await verify()).problems).toMatchObject([missing])
    // Who discards blobs does not miss it.
    expect((await pull({ discardBlobs: true })).status).toBe('up-to-date')
  })

  it('of a layer whose record does not say whether it was kept may be brought without unpacking', async () => {
    await pull()
    const record = join(layerDirectory(store, diffID), 'layer.json')
    const { blobs, forms, implied } = JSON.parse(readFileSync(record, 'utf8')) as LayerRecord
    const unsaid = blobs.map(({ digest, size, mediaType }) => ({ digest, size, mediaType }))
    writeFileSync(record, JSON.stringify({ version: 1, diffID, blobs: unsaid, forms, implied }))
    rmSync(blobPath(store, digest))
    expect((await pull()).status).toBe('up-to-date')
    const { code, out } = await windlass(['verify', '--store', store])
    expect(code).toBe(0)
    const [, way = ''] = /1 unpacked layer could not be compared: .*“windlass (.*?)”/.exec(out) ?? []
    expect(way).toBe('pull --no-unpack NAME')
    const args = way.replace('NAME', name).split(' ')
    expect((await windlass([...args, '-q', '--platform', platform, '--store', store])).code).toBe(0)
    expect(await verify()).toMatchObject({ problems: [], unverifiable: [] })
  })
})

const diffIDOf = (at: number) => image.layers[at]!.diffID
