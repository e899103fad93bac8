import { describe, expect, it } from 'vitest'
import { digestOf, mediaTypes, referrersTag } from '../../../../lib/image/index.js'
import { problem, type TestRegistry } from '../../../../lib/testing/registry/index.js'
import { artifact, emptyConfig } from '../../../support/artifacts.js'
import { blobOf, opening, traffic, withTarget } from '../../../support/with-target.js'
import type { TargetRepository } from '../../../../lib/registry/index.js'

const subject = digestOf(Buffer.from('an image'))
const one = artifact(subject, 'one', { annotations: { made: 'here' } })
const two = artifact(subject, 'two')

async function push(target: TargetRepository, ...artifacts: readonly (typeof one)[]): Promise<void> {
  for (const bytes of [emptyConfig, ...artifacts.map(({ content }) => content)])
    await target.putBlob(blobOf(bytes), opening(bytes))
  await Promise.all(artifacts.map(({ bytes, descriptor }) => target.putReferrer(bytes, descriptor, subject)))
}

async function tagged(registry: TestRegistry): Promise<{ manifests: unknown[]; annotations?: unknown }> {
  const response = await fetch(`${registry.url}/v2/team/app/manifests/${referrersTag(subject)}`)
  return (await response.json()) as { manifests: unknown[] }
}

describe('pushing a referrer', () => {
  it('leaves the list to a registry with the API', () =>
    withTarget({ referrers: true }, {}, async ({ registry, target }) => {
      await push(target, one)
      expect(traffic(registry).filter((each) => each.includes('manifest'))).toEqual(['PUT manifest 201'])
    }))

  it('adds to the index under the tag without the API; at once, and none is lost', () =>
    withTarget({}, {}, async ({ registry, target }) => {
      await push(target, one, two)
      const { manifests } = await tagged(registry)
      expect(new Set(manifests)).toEqual(new Set([one.descriptor, two.descriptor]))
    }))

  it('keeps what the index has, also entries of an unknown form, and adds nothing twice', () =>
    withTarget({}, {}, async ({ registry, target }) => {
      const odd = { digest: 'md5:00', mediaType: 'application/x' }
      const index = { schemaVersion: 2, manifests: [odd], annotations: { kept: 'yes' } }
      registry.putManifest(
        'team/app',
        referrersTag(subject),
        Buffer.from(JSON.stringify(index)),
        mediaTypes.ociIndex,
      )
      registry.putManifest('team/app', 'md5:00', Buffer.from('{}'), 'application/x')
      await push(target, one)
      await push(target, one)
      expect(await tagged(registry)).toMatchObject({
        manifests: [odd, one.descriptor],
        annotations: { kept: 'yes' },
      })
    }))

  it('is not failed by another push to the same index that fails', () =>
    withTarget({}, {}, async ({ registry, target }) => {
      for (const bytes of [emptyConfig, one.content, two.content])
        await target.putBlob(blobOf(bytes), opening(bytes))
      let requests = 0
      registry.hook(({ reference }) =>
        reference === referrersTag(subject) && ++requests === 1
          ? problem(500, 'UNKNOWN', 'broken')
          : undefined,
      )
      const pushes = [one, two].map(({ bytes, descriptor }) =>
        target.putReferrer(bytes, descriptor, subject).then(() => descriptor),
      )
      const pushed = (await Promise.allSettled(pushes)).flatMap((each) =>
        each.status === 'fulfilled' ? [each.value] : [],
      )
      expect(pushed).toHaveLength(1)
      expect((await tagged(registry)).manifests).toEqual(pushed)
    }))

  it.each(['MANIFEST_UNKNOWN', 'NAME_UNKNOWN'])('starts the index if the registry answers %s', (code) =>
    withTarget({}, {}, async ({ registry, target }) => {
      let requests = 0
      registry.hook(({ reference, method }) =>
        method === 'GET' && reference === referrersTag(subject) && ++requests === 1
          ? problem(404, code, 'not there')
          : undefined,
      )
      await push(target, one)
      expect((await tagged(registry)).manifests).toEqual([one.descriptor])
    }),
  )

  it('adds to an index whose list is null, as Go writes an empty one', () =>
    withTarget({}, {}, async ({ registry, target }) => {
      const index = Buffer.from('{"schemaVersion":2,"manifests":null}')
      registry.putManifest('team/app', referrersTag(subject), index, mediaTypes.ociIndex)
      await push(target, one)
      expect((await tagged(registry)).manifests).toEqual([one.descriptor])
    }))

  it('can be cancelled while it reads the index, and then changes nothing', () =>
    withTarget({}, {}, async ({ registry, target }) => {
      const cancel = new AbortController()
      await target.putBlob(blobOf(emptyConfig), opening(emptyConfig))
      await target.putBlob(blobOf(one.content), opening(one.content))
      registry.hook(({ reference, method }) => {
        if (method === 'GET' && reference === referrersTag(subject)) {
          cancel.abort()
          return new Promise(() => undefined)
        }
        return undefined
      })
      const pushed = target.putReferrer(one.bytes, one.descriptor, subject, { signal: cancel.signal })
      await expect(pushed).rejects.toMatchObject({ code: 'CANCELLED' })
      expect(traffic(registry).filter((each) => each.startsWith('PUT manifest'))).toHaveLength(1)
    }))

  it('fails if the tag points at something else', () =>
    withTarget({}, {}, async ({ registry, target }) => {
      registry.putManifest('team/app', referrersTag(subject), Buffer.from('[]'), mediaTypes.ociIndex)
      await expect(push(target, one)).rejects.toMatchObject({ code: 'MANIFEST_INVALID' })
    }))
})
