/** `windlass serve` over a store that cannot be written to. */
import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import type { PullRecord } from '../../../lib/api/index.js'
import { buildImage, putImage } from '../../../lib/testing/images/index.js'
import { startRegistry } from '../../../lib/testing/registry/index.js'
import { startServe } from '../../../testbench/harness/serve.js'
import { SmallDisk, describeSmallDisk } from '../../../testbench/harness/small-disk.js'

const image = buildImage({ layers: [{ entries: [{ path: 'etc/motd', content: 'hello' }] }] })
const other = buildImage({ layers: [{ entries: [{ path: 'etc/other', content: 'other' }] }] })

await describeSmallDisk('a server over a store on a read-only file system', () => {
  it('warns, shows and serves the images, and says why a pull fails', async () => {
    const registry = await startRegistry()
    onTestFinished(() => registry.close())
    await putImage(registry, 'here', '1', image)
    await putImage(registry, 'other', '1', other)
    const disk = await SmallDisk.mount('size=4m')
    onTestFinished(() => disk.unmount())
    const name = `${registry.host}/here:1`
    expect((await disk.windlass('pull', '-q', '--platform', 'linux/amd64', name)).exit).toBe(0)
    disk.remount('ro')

    const served = await startServe(join(disk.path, 'store'), ['--plain-http', '--registry'])
    onTestFinished(() => served.stop())
    await served.waitForLine(/cannot be written to/)
    expect(await served.client.images()).toMatchObject({ images: [{ name }] })
    const blob = await fetch(`${served.url}/v2/here/blobs/${image.layers[0]!.digest}?ns=${registry.host}`)
    expect(Buffer.from(await blob.arrayBuffer()).equals(image.layers[0]!.bytes)).toBe(true)

    const { id } = await served.client.pull(`${registry.host}/other:1`, { platform: 'linux/amd64' })
    const ended = await new Promise<PullRecord>((resolve, reject) => {
      served.client.watch().subscribe({
        next: ({ pulls }) => {
          const record = pulls.find((pull) => pull.record.id === id)?.record
          if (record && record.state !== 'running') resolve(record)
        },
        error: reject,
      })
    })
    expect(ended.state).toBe('failed')
    expect(await served.client.history()).toMatchObject([{ id, error: { code: 'STORE_READ_ONLY' } }])
  })
})
