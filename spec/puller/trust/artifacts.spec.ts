import { writeFile } from 'node:fs/promises'
import { describe, expect, it } from 'vitest'
import { buildIndex, putImage, tinyImage } from '../../../lib/testing/images/index.js'
import { artifact, putArtifact } from '../../support/artifacts.js'
import { ecdsa, pemOf } from '../../support/signing.js'
import { Workbench } from '../../support/workbench.js'

describe('what belongs to an image', () => {
  const bench = new Workbench()
  const image = tinyImage()
  const index = buildIndex([image])

  async function served() {
    const registry = await bench.registry({ referrers: true, push: true })
    await putImage(registry, 'team/app', '1', index)
    const [ofIndex, ofImage] = [index, image].map(({ manifest: { digest } }) =>
      artifact(digest, `of ${digest}`),
    )
    for (const each of [ofIndex!, ofImage!]) putArtifact(registry, 'team/app', each)
    const name = `${registry.host}/team/app:1`
    return { registry, name, ofIndex: ofIndex!.descriptor.digest, ofImage: ofImage!.descriptor.digest }
  }

  it('is that of the index, of all of it, or of the image for a platform', async () => {
    const { name, ofIndex, ofImage } = await served()
    const puller = await bench.puller()
    const listed = async (options: object) =>
      (await puller.artifacts.list(name, options)).referrers.map(({ digest }) => digest)
    expect(await listed({})).toEqual([ofIndex])
    expect(await listed({ allPlatforms: true })).toEqual([ofIndex, ofImage])
    expect(await listed({ platform: 'linux/amd64' })).toEqual([ofImage])
    expect(await listed({ artifactType: 'application/other' })).toEqual([])
  })

  it('has its content only if that is asked for', async () => {
    const { name, ofIndex } = await served()
    const puller = await bench.puller()
    const fetched = await puller.artifacts.list(name, {
      allPlatforms: true,
      fetch: ({ digest }) => digest === ofIndex,
    })
    expect(fetched.referrers.map(({ content }) => content?.map(String))).toEqual([
      [`of ${index.manifest.digest}`],
      undefined,
    ])
  })

  it('is not asked for once the signal has aborted, the puller is closed, or with an unknown option', async () => {
    const { registry, name } = await served()
    const puller = await bench.puller()
    const options = { signal: AbortSignal.abort() }
    await expect(puller.artifacts.list(name, options)).rejects.toMatchObject({ code: 'CANCELLED' })
    await expect(
      puller.artifacts.check(name, { policy: { keys: pemOf(ecdsa().publicKey) }, ...options }),
    ).rejects.toMatchObject({ code: 'CANCELLED' })
    await expect(puller.artifacts.list(name, { all: true } as never)).rejects.toMatchObject({ code: 'USAGE' })
    expect(registry.requests).toEqual([])
    await puller.close()
    for (const asked of [puller.artifacts.list(name), puller.artifacts.check(name)])
      await expect(asked).rejects.toMatchObject({ code: 'USAGE', message: 'This puller is closed' })
  })

  it('is checked by the policy of the call, else by that of the puller', async () => {
    const { name } = await served()
    const policyFile = async (type: string) => {
      const file = bench.path()
      await writeFile(file, JSON.stringify({ default: [{ type }] }))
      return { file }
    }
    const [accepts, rejects] = [await policyFile('insecureAcceptAnything'), await policyFile('reject')]
    const puller = await bench.puller({ policy: rejects })
    await expect(puller.artifacts.check(name)).rejects.toMatchObject({ code: 'POLICY_REJECTED' })
    expect(await puller.artifacts.check(name, { policy: accepts })).toMatchObject({
      ...{ name, digest: index.manifest.digest },
    })
  })
})
