/** What a pull makes of the type and the bytes that a registry gives a manifest. */
import { describe, expect, it } from 'vitest'
import { putImage } from '../../lib/testing/images/index.js'
import { faults } from '../../lib/testing/registry/index.js'
import { Workbench, imageOf } from '../support/workbench.js'
import { wanted } from '../support/watching.js'

describe('a manifest', () => {
  const bench = new Workbench()
  const schema1 = {
    ...{ schemaVersion: 1, name: 'team/app', tag: '1', architecture: 'amd64' },
    fsLayers: [{ blobSum: `sha256:${'a'.repeat(64)}` }],
    history: [{ v1Compatibility: JSON.stringify({ id: 'b'.repeat(64) }) }],
  }

  it('may come without a type, or as plain JSON, whichever schema it is of (S1-06, S1-07)', async () => {
    const registry = await bench.registry()
    const puller = await bench.puller()
    const image = imageOf(['base'], { format: 'docker' })
    await putImage(registry, 'team/two', '1', image)
    for (const mediaType of ['', 'application/json']) {
      registry.putManifest('team/two', '1', image.manifest.bytes, mediaType)
      const pulled = await puller.pull(`${registry.host}/team/two:1`, wanted).done
      expect(pulled.mediaType).toBe('application/vnd.docker.distribution.manifest.v2+json')
      registry.putManifest('team/one', '1', Buffer.from(JSON.stringify(schema1)), mediaType)
      const seen = await puller.inspect(`${registry.host}/team/one:1`, { manifestOnly: true })
      expect(seen.mediaType).toMatch(/^application\/vnd\.docker\.distribution\.manifest\.v1\+/)
    }
  })

  it('that is refused is an error that says with which status (S1-08)', async () => {
    const registry = await bench.registry()
    await putImage(registry, 'team/app', '1', imageOf(['base']))
    registry.addFault(faults.status(418, { kind: 'manifest' }))
    const puller = await bench.puller()
    await expect(puller.pull(`${registry.host}/team/app:1`, wanted).done).rejects.toMatchObject({
      message: `Failed to get the manifest of "team/app:1" from ${registry.host}: HTTP 418 (I'm a Teapot): UNKNOWN: the fault says 418`,
      subject: { status: 418 },
    })
  })

  it('that is not there and one that cannot be read have each a code of their own (S1-15)', async () => {
    const registry = await bench.registry()
    const { manifest } = imageOf(['base'])
    registry.putManifest('team/app', 'broken', Buffer.from('{"schemaVersion": 2,'), manifest.mediaType)
    const puller = await bench.puller()
    const failing = (tag: string) =>
      expect(puller.pull(`${registry.host}/team/app:${tag}`, wanted).done).rejects
    await failing('missing').toMatchObject({ code: 'MANIFEST_UNKNOWN', exitCode: 4 })
    await failing('broken').toMatchObject({ code: 'MANIFEST_INVALID', exitCode: 5 })
  })

  it('with a config that speaks of fewer layers, or of more, is refused, and nothing of it is named (S2-61)', async () => {
    const registry = await bench.registry()
    const puller = await bench.puller()
    const { layers } = imageOf(['a', 'b'])
    for (const count of [1, 3]) {
      const diffIDs = [...layers, ...layers].slice(0, count).map(({ diffID }) => diffID)
      const image = imageOf(['a', 'b'], {
        config: { rootfs: { type: 'layers', diff_ids: diffIDs }, history: [] },
      })
      await putImage(registry, 'team/app', String(count), image)
      await expect(puller.pull(`${registry.host}/team/app:${count}`, wanted).done).rejects.toMatchObject({
        code: 'ROOTFS_MISMATCH',
      })
    }
    expect(await puller.images()).toEqual([])
    await putImage(registry, 'team/app', '2', imageOf(['a', 'b']))
    const pulled = await puller.pull(`${registry.host}/team/app:2`, wanted).done
    expect(pulled.layers.map(({ diffID }) => diffID)).toEqual(layers.map(({ diffID }) => diffID))
  })

  it('what one repository gave is known in every other, by its digest (S2-60)', async () => {
    const registry = await bench.registry()
    const puller = await bench.puller()
    const image = imageOf(['a', 'b'])
    for (const repository of ['team/one', 'team/other']) {
      await putImage(registry, repository, '1', image)
      await puller.pull(`${registry.host}/${repository}:1`, { ...wanted, discardBlobs: true }).done
    }
    const layers = new Set<string>(image.layers.map(({ digest }) => digest))
    const fetched = registry.requests.filter(({ reference }) => layers.has(reference))
    expect(fetched.map(({ repository }) => repository)).toEqual(['team/one', 'team/one'])
  })
})
