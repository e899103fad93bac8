import { describe, expect, it } from 'vitest'
import type { LayerEvent } from '../../lib/events/index.js'
import { stage } from '../../lib/flow/index.js'
import { digestOf, mediaTypes } from '../../lib/image/index.js'
import { Registries } from '../../lib/registry/index.js'
import { BlobCopies, type BlobTask } from '../../lib/stages/index.js'
import { type BuiltIndex, buildIndex, problem, putImage } from '../../lib/testing/index.js'
import { amd, arm, between, counts, image, index, served } from '../support/copies.js'
import type { RanCopy } from '../support/run-copy.js'

describe('a copy from one registry to another', () => {
  it('copies the manifest byte for byte, and its blobs', () =>
    between(async ({ to, copy }) => {
      const { image: copied } = await copy('1')
      expect(copied).toMatchObject({
        name: `${to.host}/mirror/app:1`,
        digest: amd.manifest.digest,
        mediaType: amd.manifest.mediaType,
        status: 'newer',
        blobs: { copied: 3, mounted: 0, exists: 0 },
      })
      expect(await served(to, '1')).toEqual(amd.manifest.bytes)
      for (const [digest, bytes] of amd.blobs) expect(to.blob(digest)).toEqual(bytes)
    }))

  it('requests each document and blob once from the source, and checks the target for each', () =>
    between(async ({ from, to, copy }) => {
      await copy('1')
      expect(counts(from)).toEqual({ 'GET manifest': 1, 'GET blob': 3 })
      expect(counts(to)).toEqual({
        'HEAD manifest': 2,
        'HEAD blob': 3,
        'POST upload': 3,
        'PUT upload': 3,
        'PUT manifest': 1,
      })
    }))

  it('sends two requests if the target has the image under its tag', () =>
    between(async ({ from, to, copy }) => {
      await copy('1')
      const before = [from.requests.length, to.requests.length, to.bytesReceived]
      const { image: copied, events } = await copy('1')
      expect(copied).toMatchObject({ status: 'up-to-date', blobs: { copied: 0, mounted: 0, exists: 0 } })
      expect([from.requests.length, to.requests.length, to.bytesReceived]).toEqual([
        ...[before[0]! + 1, before[1]! + 1, before[2]],
      ])
      expect(events.at(-1)).toMatchObject({ type: 'copied', status: 'up-to-date' })
    }))

  it('writes only the tag if the target has the image under another tag', () =>
    between(async ({ to, copy }) => {
      await copy('1')
      const before = to.bytesReceived
      const { image: copied } = await copy('1', { as: 'other' })
      expect(copied.status).toBe('newer')
      expect(to.bytesReceived - before).toBe(amd.manifest.size)
      expect(await served(to, 'other')).toEqual(amd.manifest.bytes)
    }))

  it('moves a tag to an image that the target has under another tag', () =>
    between(async ({ from, to, copy }) => {
      const other = image('other')
      await putImage(from, 'team/app', '2', other)
      await copy('1', { as: 'stable' })
      await copy('2')
      const { image: copied } = await copy('2', { as: 'stable' })
      expect(copied).toMatchObject({ status: 'newer', digest: other.manifest.digest })
      expect(await served(to, 'stable')).toEqual(other.manifest.bytes)
    }))

  it('sends no blob that the target has', () =>
    between(async ({ from, to, copy }) => {
      await copy('1')
      await putImage(from, 'team/app', '2', image('other'))
      const before = counts(to)['PUT upload']
      const { image: copied } = await copy('2')
      expect(copied.blobs).toEqual({ copied: 2, mounted: 0, exists: 1 })
      expect(counts(to)['PUT upload']! - before!).toBe(2)
    }))

  it('chooses the image for the platform', () =>
    between(async ({ to, copy }) => {
      const { image: copied, events } = await copy('all', { platform: 'linux/arm64' })
      expect(copied.digest).toBe(arm.manifest.digest)
      expect(await served(to, 'all')).toEqual(arm.manifest.bytes)
      expect(events).toContainEqual(expect.objectContaining({ type: 'platform', chosen: 'linux/arm64' }))
    }))

  it('copies an index with all its content, children first, each blob once', () =>
    between(async ({ to, copy }) => {
      const { image: copied } = await copy('all', { allPlatforms: true })
      expect(copied).toMatchObject({ digest: index.manifest.digest, blobs: { copied: 5, exists: 0 } })
      expect(await served(to, 'all')).toEqual(index.manifest.bytes)
      const puts = to.requests.filter(({ method, kind }) => method === 'PUT' && kind === 'manifest')
      expect(puts.every(({ status }) => status === 201)).toBe(true)
      const nested = index.children[1] as BuiltIndex
      expect(puts.map(({ reference }) => reference).slice(-2)).toEqual([nested.manifest.digest, 'all'])
      expect(counts(to)['PUT upload']).toBe(5)
      const again = await copy('all', { allPlatforms: true })
      expect(again.image.status).toBe('up-to-date')
    }))

  it('copies only the images of an index that the target lacks', () =>
    between(async ({ from, to, copy }) => {
      await copy('1')
      const { image: copied } = await copy('all', { allPlatforms: true })
      expect(copied.blobs).toEqual({ copied: 2, mounted: 0, exists: 1 })
      expect(from.requests.filter(({ reference }) => reference === amd.manifest.digest)).toEqual([])
      expect(await served(to, 'all')).toEqual(index.manifest.bytes)
    }))

  it('copies an artifact that is not an image, with its blobs', () =>
    between(async ({ from, to, copy }) => {
      const chart = Buffer.from('a chart')
      const config = Buffer.from('{"name":"chart"}')
      const describe_ = (bytes: Buffer, mediaType: string) => ({
        ...{ mediaType, digest: digestOf(bytes), size: bytes.length },
      })
      const manifest = Buffer.from(
        JSON.stringify({
          schemaVersion: 2,
          mediaType: mediaTypes.ociManifest,
          config: describe_(config, 'application/vnd.cncf.helm.config.v1+json'),
          layers: [describe_(chart, 'application/vnd.cncf.helm.chart.content.v1.tar+gzip')],
        }),
      )
      from.putBlob(chart)
      from.putBlob(config)
      from.putManifest('team/app', 'chart', manifest, mediaTypes.ociManifest)
      await copy('chart')
      expect(await served(to, 'chart')).toEqual(manifest)
      expect(to.blob(digestOf(chart))).toEqual(chart)
    }))

  it('does not copy foreign layers, and warns', () =>
    between(async ({ from, to, copy }) => {
      const layer = {
        mediaType: mediaTypes.dockerForeignLayerGzip,
        digest: digestOf(Buffer.from('windows')),
        size: 7,
        urls: ['https://mcr.example/windows'],
      }
      const { mediaType, digest, size } = amd.config
      const manifest = Buffer.from(
        JSON.stringify({
          schemaVersion: 2,
          mediaType: mediaTypes.dockerManifest,
          config: { mediaType, digest, size },
          layers: [layer],
        }),
      )
      from.putManifest('team/app', 'windows', manifest, mediaTypes.dockerManifest)
      const { image: copied, events } = await copy('windows')
      expect(copied.blobs).toEqual({ copied: 1, mounted: 0, exists: 0 })
      expect(events).toContainEqual(
        expect.objectContaining({
          type: 'warning',
          code: 'foreign-layers-left-out',
          message: expect.stringContaining('1 layer that pullers take'),
        }),
      )
      expect(await served(to, 'windows')).toEqual(manifest)
    }))

  it('refuses a target name with another digest before it writes anything', () =>
    between(async ({ to, copy }) => {
      const registries = new Registries()
      const sink = registries.target({ registry: to.host, repository: 'mirror/app' })
      const target = { name: 'mirror', sink, digest: arm.manifest.digest }
      await expect(copy('1', { target })).rejects.toMatchObject({ code: 'DIGEST_MISMATCH' })
      expect(to.requests.filter(({ kind }) => kind !== 'ping')).toEqual([])
      await registries.close()
    }))

  it('refuses an index with too many manifests', () =>
    between(async ({ from, copy }) => {
      const manifests = Array.from({ length: 1_001 }, (_, at) => ({
        mediaType: mediaTypes.ociManifest,
        digest: digestOf(Buffer.from(`${at}`)),
        size: 2,
      }))
      const many = Buffer.from(
        JSON.stringify({ schemaVersion: 2, mediaType: mediaTypes.ociIndex, manifests }),
      )
      from.putManifest('team/app', 'many', many, mediaTypes.ociIndex)
      await expect(copy('many', { allPlatforms: true })).rejects.toMatchObject({ code: 'LIMIT_EXCEEDED' })
    }))

  it.each([false, true])('refuses indexes that are nested too deeply (all platforms: %s)', (allPlatforms) =>
    between(async ({ from, copy }) => {
      let deep = buildIndex([amd])
      for (let depth = 0; depth < 5; depth++) deep = buildIndex([deep])
      await putImage(from, 'team/app', 'deep', deep)
      await expect(copy('deep', { allPlatforms })).rejects.toMatchObject({ code: 'LIMIT_EXCEEDED' })
    }),
  )

  it('emits the plan, the progress of each blob, and the result', () =>
    between(async ({ copy }) => {
      const { events } = await copy('1', { copies: new BlobCopies({ slots: 1 }) })
      const plan = events.find(({ type }) => type === 'plan')
      const total = [...amd.blobs.values()].reduce((sum, { length }) => sum + length, 0)
      expect(plan).toMatchObject({ bytes: { total, toDownload: total } })
      const layers = events.filter((event): event is LayerEvent => event.type === 'layer')
      for (const [digest, { length }] of amd.blobs) {
        const ofBlob = layers.filter((event) => event.digest === digest)
        expect(ofBlob[0]).toMatchObject({ status: 'copying', current: 0, total: length })
        expect(ofBlob.at(-1)).toMatchObject({ status: 'copied', current: length })
        expect(ofBlob.some(({ status, current }) => status === 'copying' && current === length)).toBe(true)
      }
      expect(events.at(-1)).toMatchObject({ type: 'copied', digest: amd.manifest.digest })
    }))
})

describe('a copy within a registry', () => {
  it('mounts every blob and uploads none', () =>
    between(
      async ({ from, copy }) => {
        const { image: copied } = await copy('all', { allPlatforms: true })
        expect(copied.blobs).toEqual({ copied: 0, mounted: 5, exists: 0 })
        expect(copied.bytes.total).toBeGreaterThan(40_000)
        expect(copied.bytes.copied).toBe(0)
        const manifests = [amd, arm, index, index.children[1]!].map(({ manifest }) => manifest.size)
        expect(from.bytesReceived).toBe(manifests.reduce((sum, size) => sum + size))
        expect(counts(from)).toMatchObject({ 'HEAD blob': 5, 'POST upload': 5 })
        expect(counts(from)).not.toHaveProperty('GET blob')
        expect(counts(from)).not.toHaveProperty('PUT upload')
        expect(await served(from, 'all')).toEqual(index.manifest.bytes)
      },
      { one: true },
    ))

  it('mounts with one login for both repositories', () =>
    between(
      async ({ from, copy }) => {
        await copy('1')
        const logins = from.requests.filter(({ kind }) => kind === 'token')
        expect(logins.length).toBeLessThanOrEqual(3)
        expect(from.bytesReceived).toBe(amd.manifest.size)
      },
      { one: true, from: { auth: { kind: 'token' } } },
    ))

  it('uploads blobs that the registry does not mount', () =>
    between(
      async ({ from, copy }) => {
        from.hook(({ method, url }) =>
          method === 'POST' && url.includes('mount=') ? problem(405, 'UNSUPPORTED', 'no') : undefined,
        )
        const { image: copied } = await copy('1')
        expect(copied.blobs).toEqual({ copied: 3, mounted: 0, exists: 0 })
      },
      { one: true },
    ))
})

describe('a custom copy pipeline', () => {
  it('can have a replaced stage, and copies at most as many blobs concurrently as it has slots', () =>
    between(async ({ copy }) => {
      let running = 0
      let most = 0
      const watched = stage(
        async (task: BlobTask) => {
          running++
          most = Math.max(most, running)
          await new Promise((resolve) => setTimeout(resolve, 20))
          running--
          return { descriptor: task.descriptor, outcome: 'exists' as const }
        },
        { slots: 2 },
      )
      const change = () => ({ copyBlobs: watched, putRoot: stage(async () => result) })
      const result = { from: 'a', name: 'b' } as unknown as RanCopy['image']
      const { image: copied } = await copy('1', { change })
      expect(copied).toBe(result)
      expect(most).toBe(2)
    }))
})
