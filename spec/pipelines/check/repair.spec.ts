import { getEventListeners } from 'node:events'
import { rm } from 'node:fs/promises'
import { describe, expect, it } from 'vitest'
import { digestOf } from '../../../lib/image/index.js'
import { putImage } from '../../../lib/testing/images/index.js'
import { faults } from '../../../lib/testing/registry/index.js'
import { Repair } from '../../../pipelines/check/repair.js'
import { until } from '../../support/watching.js'
import { Workbench, blobPath, imageOf } from '../../support/workbench.js'

describe('the repair of many blobs', () => {
  it.each(['layer', 'config'])('leaves no listener on its signal after each %s', async (kind) => {
    const { signal } = new AbortController()
    const digest = digestOf(Buffer.from('x'))
    const repair = new Repair({
      ...{ store: { blobs: { has: () => Promise.resolve(false) } }, stages: {}, signal },
      requestFor: () => ({ name: 'a.example/app:1' }),
    } as never)
    const image = {
      name: 'a.example/app:1',
      named: { descriptor: { digest: digestOf(Buffer.from('manifest')) } },
      ...{ documents: [], layers: [] },
    }
    for (let nth = 0; nth < 3; nth++)
      await expect(repair.replaceBlob(kind, digest, image as never)).rejects.toMatchObject({
        message: expect.stringContaining(`has no ${kind} ${digest}`) as string,
      })
    expect(getEventListeners(signal, 'abort')).toEqual([])
  })
})

describe('a repair that is cancelled', () => {
  const bench = new Workbench()

  it.each(['layer', 'config', 'manifest'])(
    'ends its request for a %s at once, and reports no problem',
    async (kind) => {
      const registry = await bench.registry()
      const image = imageOf(['base'])
      await putImage(registry, 'team/app', '1', image)
      const puller = await bench.puller({ stallTimeout: 25_000 })
      await puller.pull(`${registry.host}/team/app:1`, { platform: 'linux/amd64' }).done
      const damaged = { layer: image.layers[0]!, config: image.config, manifest: image.manifest }[kind]!
      await rm(blobPath(puller.store, damaged.digest))
      registry.addFault(faults.stall(1, { kind: 'any', reference: damaged.digest, times: Infinity }))
      const stop = new AbortController()
      const verified = expect(puller.verify({ repair: true, signal: stop.signal })).rejects.toMatchObject({
        ...{ code: 'CANCELLED', message: 'The verification was cancelled' },
      })
      await until(() => registry.appliedFaults.length > 0)
      stop.abort()
      await verified
      await puller.close({ within: 5_000 })
    },
  )
})
