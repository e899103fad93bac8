/** Copies with what belongs to the image: between registries with and without the API, and layouts. */
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { cosignTag, digestOf, referrersTag } from '../../lib/image/index.js'
import { listReferrers } from '../../lib/referrers/index.js'
import { Registries } from '../../lib/registry/index.js'
import { layoutSink } from '../../lib/sinks/index.js'
import { layoutSource } from '../../lib/sources/index.js'
import type { TestRegistry } from '../../lib/testing/index.js'
import { all, artifact, listUnderTag, putArtifact } from '../support/artifacts.js'
import { amd, arm, between, index, served } from '../support/copies.js'

const root = index.manifest.digest
const signature = artifact(root, 'a signature', {
  artifactType: 'application/x-signature',
  annotations: { a: 'b' },
})
const sbom = artifact(arm.manifest.digest, 'an SBOM')
/** The signature of the SBOM. */
const ofSbom = artifact(sbom.descriptor.digest, 'a signature of the SBOM', {
  artifactType: 'application/x-signature',
})
const old = artifact(undefined, 'an old signature', {
  artifactType: 'application/vnd.oci.image.config.v1+json',
  layerType: 'application/vnd.dev.cosign.simplesigning.v1+json',
})
const allReferrers = [signature, sbom, ofSbom].map(({ descriptor }) => descriptor.digest)

function fill(from: TestRegistry, hasApi: boolean): void {
  for (const each of [signature, sbom, ofSbom]) putArtifact(from, 'team/app', each)
  putArtifact(from, 'team/app', old, cosignTag(amd.manifest.digest, 'sig'))
  if (hasApi) return
  listUnderTag(from, 'team/app', referrersTag(root), [signature])
  listUnderTag(from, 'team/app', referrersTag(arm.manifest.digest), [sbom])
  listUnderTag(from, 'team/app', referrersTag(sbom.descriptor.digest), [ofSbom])
}

const list = async (registry: TestRegistry, ...subjects: (typeof root)[]): Promise<string[]> => {
  const registries = new Registries()
  try {
    const source = registries.repository({ registry: registry.host, repository: 'mirror/app' })
    const found = []
    for (const subject of subjects)
      found.push(...(await all(listReferrers(source, subject, { reference: 'a' }))))
    return found.map(({ descriptor }) => descriptor.digest)
  } finally {
    await registries.close()
  }
}

describe('a copy with referrers', () => {
  it.each([
    [true, true],
    [true, false],
    [false, true],
    [false, false],
  ])('from a registry with the API: %s, to one with the API: %s', (fromApi, toApi) =>
    between(
      async ({ from, to, copy }) => {
        fill(from, fromApi)
        const { image } = await copy('all', { allPlatforms: true, referrers: true })
        expect(image).toMatchObject({ digest: root, status: 'newer', referrers: 4 })
        const subjects = [root, amd.manifest.digest, arm.manifest.digest, sbom.descriptor.digest]
        expect(new Set(await list(to, ...subjects))).toEqual(
          new Set([...allReferrers, old.descriptor.digest]),
        )
        for (const { bytes, descriptor } of [signature, sbom, ofSbom, old])
          expect(await served(to, descriptor.digest)).toEqual(bytes)
        expect(digestOf(await served(to, cosignTag(amd.manifest.digest, 'sig')))).toBe(old.descriptor.digest)
        // The tag of the image comes last, so that it is never without its signatures.
        const puts = to.requests.filter(({ method, kind }) => method === 'PUT' && kind === 'manifest')
        expect(puts.at(-1)!.reference).toBe('all')
        if (!toApi) {
          const tagged = JSON.parse((await served(to, referrersTag(root))).toString()) as {
            manifests: unknown[]
          }
          expect(tagged.manifests).toEqual([signature.descriptor])
        }
        const sent = to.bytesReceived
        const again = await copy('all', { allPlatforms: true, referrers: true })
        expect(again.image).toMatchObject({ status: 'up-to-date', referrers: 4 })
        expect(to.bytesReceived - sent).toBeLessThan(5_000)
      },
      { from: { referrers: fromApi }, to: { referrers: toApi } },
    ),
  )

  it('of one platform has what belongs to that image only', () =>
    between(async ({ from, to, copy }) => {
      fill(from, false)
      const { image } = await copy('all', { platform: 'linux/arm64', referrers: true })
      expect(image.referrers).toBe(2)
      expect(await list(to, arm.manifest.digest)).toEqual([sbom.descriptor.digest])
    }))

  it('asks for none unless it is to', () =>
    between(async ({ from, copy }) => {
      fill(from, false)
      const { image } = await copy('all', { allPlatforms: true })
      expect(image).not.toHaveProperty('referrers')
      expect(
        from.requests.filter(
          ({ kind, reference }) => kind === 'referrers' || reference.startsWith('sha256-'),
        ),
      ).toEqual([])
    }))

  it('goes to a layout and from there to a registry', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'windlass-referrers-'))
    try {
      await between(async ({ from, to, copy }) => {
        fill(from, false)
        const target = { name: 'layout', sink: layoutSink(directory), tag: 'app' }
        await copy('all', { allPlatforms: true, referrers: true, target })
        expect(existsSync(join(directory, 'index.json'))).toBe(true)
        const source = layoutSource(directory)
        expect((await source.manifest('')).descriptor?.digest).toBe(root)
        const { image } = await copy('app', { source, allPlatforms: true, referrers: true })
        expect(image).toMatchObject({ digest: root, referrers: 4 })
        expect(await list(to, root)).toEqual([signature.descriptor.digest])
      })
    } finally {
      rmSync(directory, { recursive: true })
    }
  })
})
