/** Registries that offer schema 1 beside schema 2: which of them a name, a tag and a digest give. And inspecting one. */
import { describe, expect, it } from 'vitest'
import { mediaTypes } from '../../lib/image/index.js'
import { putImage } from '../../lib/testing/images/index.js'
import { idOf, topConfig } from '../../testbench/documents/schema1-images.js'
import {
  digest,
  image,
  serveBothSchemas,
  payload,
  putSchema1,
  repository,
  signedManifest,
  pullOptions,
} from '../../testbench/registries/schema1-registry.js'
import { Workbench, asked } from '../support/workbench.js'

describe('a registry that offers both', () => {
  const bench = new Workbench()

  it('gives schema 1 to who does not accept schema 2, and we accept it (S3-01)', async () => {
    const registry = await bench.registry()
    await serveBothSchemas(registry)
    const url = `${registry.url}/v2/${repository}/manifests/latest`
    const types = await Promise.all(
      [mediaTypes.dockerManifest, '*/*'].map(async (accept) => {
        const answer = await fetch(url, { headers: { accept } })
        await answer.arrayBuffer()
        return answer.headers.get('content-type')
      }),
    )
    expect(types).toEqual([mediaTypes.dockerManifest, mediaTypes.dockerSchema1Signed])
    const puller = await bench.puller()
    expect(await puller.pull(`${registry.host}/${repository}`, pullOptions).done).toMatchObject({
      mediaType: mediaTypes.dockerManifest,
    })
  })

  it('schema 2 by name, by tag and by digest, under its digest (S3-02, S3-05, S3-07, S3-08)', async () => {
    const registry = await bench.registry()
    await serveBothSchemas(registry)
    const name = `${registry.host}/${repository}`
    const schema2 = image.manifest.digest
    for (const each of [name, `${name}:latest`, `${name}@${schema2}`, `${name}:as-schema1@${schema2}`]) {
      const pulled = await (await bench.puller()).pull(each, pullOptions).done
      expect(pulled).toMatchObject({
        digest: schema2,
        manifestDigest: schema2,
        imageId: image.config.digest,
        status: 'newer',
      })
      expect(pulled.layers.map((layer) => layer.digest)).toEqual(image.layers.map((layer) => layer.digest))
    }
  })

  it('schema 1 by its digest, and by the tag that only it has (S3-03)', async () => {
    const registry = await bench.registry()
    await serveBothSchemas(registry)
    const puller = await bench.puller()
    for (const suffix of [`@${digest}`, `:latest@${digest}`, ':as-schema1'])
      expect(await puller.pull(`${registry.host}/${repository}${suffix}`, pullOptions).done).toMatchObject({
        digest,
        signatures: 'verified',
        mediaType: mediaTypes.dockerSchema1Signed,
      })
  })

  it('lets a name go from schema 1 to schema 2 and back', async () => {
    const registry = await bench.registry()
    putSchema1(registry)
    const puller = await bench.puller()
    const name = `${registry.host}/${repository}`
    const old = await puller.pull(name, pullOptions).done
    await putImage(registry, repository, 'latest', image)
    expect(await puller.pull(name, pullOptions).done).toMatchObject({
      digest: image.manifest.digest,
      status: 'newer',
    })
    expect(await puller.images()).toMatchObject([{ digest: image.manifest.digest }])
    putSchema1(registry)
    expect(await puller.pull(name, pullOptions).done).toEqual(old)
    expect(await puller.pull(name, pullOptions).done).toEqual({ ...old, status: 'up-to-date' })
  })
})

describe('inspecting a schema 1 image', () => {
  const bench = new Workbench()

  it('its config of History[0], and no request for a layer (S4-18)', async () => {
    const registry = await bench.registry()
    putSchema1(registry)
    const puller = await bench.puller()
    const seen = await puller.inspect(`${registry.host}/${repository}`, pullOptions)
    expect(asked(registry)).toEqual(['manifest latest'])
    expect(seen).toMatchObject({
      digest,
      mediaType: mediaTypes.dockerSchema1Signed,
      image: {
        digest,
        platform: 'linux/amd64',
        config: { digest: undefined, value: { config: topConfig.config, rootfs: { diff_ids: [] } } },
        layers: image.layers.map((layer) => ({ digest: layer.digest, size: undefined })),
      },
    })
    expect(seen.manifest.equals(signedManifest)).toBe(true)
    expect(JSON.parse(seen.image?.config.bytes.toString() ?? '')).toMatchObject({ id: idOf('layer 3') })
  })

  it('refuses what is not signed as it should be (S2-76)', async () => {
    const registry = await bench.registry()
    putSchema1(registry, payload)
    const puller = await bench.puller({ requireSchema1Signatures: true })
    await expect(puller.inspect(`${registry.host}/${repository}`, pullOptions)).rejects.toMatchObject({
      code: 'SIGNATURE_INVALID',
    })
  })
})
