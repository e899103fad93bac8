import { chmodSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { putImage, tinyImage } from '../../../lib/testing/index.js'
import type { PullOptions } from '../../../puller/options/options.js'
import { Workbench } from '../../support/workbench.js'
import { wanted } from '../../support/watching.js'

describe('an archive of images of the store', () => {
  const bench = new Workbench()
  const image = tinyImage()

  async function pulled(options: PullOptions = {}) {
    const registry = await bench.registry()
    await putImage(registry, 'team/app', '1', image)
    const puller = await bench.puller()
    const name = `${registry.host}/team/app:1`
    await puller.pull(name, { ...wanted, unpack: true, ...options }).done
    const [first] = await puller.content.describe()
    return { puller, orders: [{ images: [first!] as const, whole: false, names: [name] }] }
  }

  async function readAll(stream: AsyncIterable<Buffer>): Promise<number> {
    let bytes = 0
    for await (const chunk of stream) bytes += chunk.length
    return bytes
  }

  it('is refused before it begins if the store lacks a blob, with the way to get it', async () => {
    const { puller, orders } = await pulled({ discardBlobs: true })
    await expect(puller.content.save(orders)).rejects.toMatchObject({
      code: 'STORE_CORRUPT',
      message: expect.stringMatching(/does not have the blob .*, which an archive of the image needs$/),
      hint: expect.stringContaining('--refresh'),
    })
  })

  it('breaks off if a blob is damaged', async () => {
    const { puller, orders } = await pulled()
    const { digest } = image.layers[0]!
    const path = join(puller.store, 'blobs', ...digest.split(':'))
    const bytes = readFileSync(path)
    bytes[bytes.length - 1]! ^= 1
    chmodSync(path, 0o600)
    writeFileSync(path, bytes)
    await expect(puller.content.save(orders).then(readAll)).rejects.toMatchObject({
      code: 'STORE_CORRUPT',
      message: `Blob ${digest} in the store is damaged: it has another digest`,
    })
  })

  it('has every blob otherwise', async () => {
    const { puller, orders } = await pulled()
    const sizes = [image.config, ...image.layers].reduce((sum, { bytes }) => sum + bytes.length, 0)
    expect(await readAll(await puller.content.save(orders))).toBeGreaterThan(sizes)
  })
})
