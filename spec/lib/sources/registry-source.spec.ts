import { describe, expect, it } from 'vitest'
import { digestOf, referrersTag } from '../../../lib/image/index.js'
import { registrySource } from '../../../lib/sources/index.js'
import { putImage, tinyImage } from '../../../lib/testing/images/index.js'
import { all, artifact, listUnderTag, putArtifact } from '../../support/artifacts.js'
import { bytesOf } from '../../support/with-registry.js'
import { Workbench } from '../../support/workbench.js'

const bench = new Workbench()

describe('registrySource', () => {
  it('returns the manifests and tags of a repository, and closes its connections', async () => {
    const registry = await bench.registry()
    await putImage(registry, 'team/app', '1', tinyImage())
    const source = registrySource(`${registry.host}/team/app`)
    expect(source.host).toBe(registry.host)
    expect(JSON.parse((await source.manifest('1')).bytes.toString())).toMatchObject({ schemaVersion: 2 })
    const tags: string[] = []
    for await (const page of source.tags()) tags.push(...page)
    expect(tags).toEqual(['1'])
    await source.close()
    await expect(source.manifest('1')).rejects.toThrow(/closed/)
  })

  it('returns blobs, their sizes and referrers as the repository does', async () => {
    const registry = await bench.registry()
    const content = Buffer.from('a blob')
    const descriptor = { mediaType: 'text/plain', digest: digestOf(content), size: content.length }
    const image = tinyImage()
    const { digest } = image.manifest
    await putImage(registry, 'team/app', '1', image)
    registry.putBlob(content)
    const sbom = artifact(digest, 'an SBOM')
    putArtifact(registry, 'team/app', sbom)
    listUnderTag(registry, 'team/app', referrersTag(digest), [sbom])
    await using source = registrySource(`${registry.host}/team/app`)
    expect(source.repository).toBe('team/app')
    expect(await source.identity()).toContain(registry.host)
    expect(await bytesOf(await source.blob(descriptor))).toEqual(content)
    expect(await bytesOf(await source.blob(descriptor, { offset: 2 }))).toEqual(content.subarray(2))
    expect(await source.blobSize(descriptor.digest)).toBe(content.length)
    const url = `http://${registry.host}/v2/team/app/blobs/${descriptor.digest}`
    expect(await bytesOf(await source.foreignBlob!(url, descriptor))).toEqual(content)
    expect((await all(source.referrers!(digest))).flat()).toMatchObject([{ digest: sbom.descriptor.digest }])
  })

  it('rejects an invalid name', () => {
    expect(() => registrySource('Not A Name')).toThrow(/Not A Name/)
  })
})
