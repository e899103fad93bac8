import { utimesSync } from 'node:fs'
import { lastValueFrom } from 'rxjs'
import { describe, expect, it } from 'vitest'
import { Deferred, Flow, Scope } from '../../../../lib/flow/index.js'
import { digestOf, mediaTypes } from '../../../../lib/image/index.js'
import { type CommitImageOptions, commitImage } from '../../../../lib/stages/commit/commit-image.js'
import { schema1Annotation, signedAnnotation } from '../../../../lib/transfer/stored/stored-conversion.js'
import type { Store, StoredLayer, WhiteoutForm } from '../../../../lib/store/index.js'
import { buildImage } from '../../../../lib/testing/images/index.js'
import { leftEarly } from '../../../support/left-early.js'
import { runStage } from '../../../support/run-stage.js'
import { commitLayer, descriptorOf, layerBlob } from '../../../support/store/images-in-a-store.js'
import { TemporaryStores } from '../../../support/store/temporary-store.js'

const stores = new TemporaryStores()
const platform = { os: 'linux', architecture: 'amd64' }

/** The layer, with the tree that it would have in `form`. */
const inForm = (layer: StoredLayer, form: WhiteoutForm): StoredLayer =>
  layer.form === form ? layer : { ...layer, form, rootfs: `${layer.rootfs}.${form}` }

describe('the commit of an image', () => {
  it.each(['overlay', 'aufs'] as const)(
    'needs the tree that the pull has ensured, not one of another form: %s',
    async (form) => {
      const store = await stores.open()
      const stored = await commitLayer(store, 'a', { form: 'overlay' })
      const layer = layerBlob('a')
      const [manifest, config] = [Buffer.from('{"manifest":1}'), Buffer.from('{"config":1}')]
      const image = {
        request: { name: 'example.com/app:1', typed: 'example.com/app:1' },
        document: {
          ...{ descriptor: descriptorOf(manifest), bytes: manifest },
          manifest: { config: { ...descriptorOf(config), digest: digestOf(config) }, layers: [layer] },
        },
        ...{ original: undefined, parentIndexes: [], upToDate: false },
        ensured: [{ task: { descriptor: layer, positions: [0] }, stored: inForm(stored, form) }],
        config: {
          value: Promise.resolve({ bytes: config, config: platform, diffIDs: [stored.diffID] }),
        },
      }
      const scope = new Scope()
      const committed = lastValueFrom(
        Flow.of(image as never)
          .pipe(commitImage(store))
          .toObservable(scope),
      )
      if (form === 'overlay') expect((await committed).layers[0]?.rootfs).toBe(stored.rootfs)
      else
        await expect(committed).rejects.toMatchObject({
          code: 'STORE_CORRUPT',
          message: `Failed to store example.com/app:1: its layer ${layer.digest} is no longer in the store`,
        })
      await scope.close()
      const isNamed = (await store.names.get('example.com/app:1')) !== undefined
      expect(isNamed).toBe(form === 'overlay')
    },
  )

  it('that is up to date counts as a use of the image', async () => {
    const store = await stores.open()
    const [manifest, config] = [Buffer.from('{"manifest":2}'), Buffer.from('{"config":2}')]
    const descriptor = descriptorOf(manifest)
    await store.blobs.put(descriptor.digest, manifest)
    const longAgo = new Date('2020-01-01')
    utimesSync(store.blobs.path(descriptor.digest), longAgo, longAgo)
    const begin = Date.now()
    const image = {
      request: { name: 'example.com/app:1', typed: 'example.com/app:1' },
      document: {
        ...{ descriptor, bytes: manifest },
        manifest: { config: descriptorOf(config), layers: [] },
      },
      ...{ original: undefined, parentIndexes: [], upToDate: true, ensured: [] },
      config: { value: Promise.resolve({ bytes: config, config: platform, diffIDs: [] }) },
    }
    const scope = new Scope()
    await lastValueFrom(
      Flow.of(image as never)
        .pipe(commitImage(store))
        .toObservable(scope),
    )
    await scope.close()
    expect(await store.blobs.lastUsedAt(descriptor.digest)).toBeGreaterThanOrEqual(begin - 1_000)
  })
})

describe('what the commit of an image writes', () => {
  const docker = buildImage({ layers: [{ entries: [] }, { entries: [{ path: 'a' }] }], format: 'docker' })
  const oci = buildImage({ layers: [{ entries: [] }, { entries: [{ path: 'a' }] }] })
  const named = (text: string, mediaType: string = mediaTypes.ociIndex) => {
    const bytes = Buffer.from(text)
    return { descriptor: { mediaType, digest: digestOf(bytes), size: bytes.length }, bytes }
  }

  /** Commits an image to a store that has the blobs of its layers, unless `has` says something else. */
  async function committed(
    { manifest, config, layers }: typeof oci,
    more: object = {},
    has: (digest: string, size?: number) => boolean = () => true,
    configMore: object = {},
    options: CommitImageOptions = {},
  ) {
    const put: string[] = []
    const names: {
      readonly descriptor: object
      readonly rootMediaType: string
      readonly rootDigest: string
    }[] = []
    const used: string[] = []
    const store = {
      blobs: {
        has: async (digest: string, size?: number) => has(digest, size),
        put: async (digest: string) => void put.push(digest),
        markUsed: async (digest: string) => void used.push(digest),
      },
      names: { set: async (name: never) => void names.push(name) },
    } as unknown as Store
    const { mediaType, digest, size, bytes } = manifest
    const image = {
      request: { name: 'app', typed: 'app' },
      document: {
        ...{ descriptor: { mediaType, digest, size }, bytes, kind: 'image' },
        manifest: { config, layers },
      },
      ...{ original: undefined, parentIndexes: [], upToDate: false },
      // The layers arrive in any order.
      ensured: layers.map((layer, at) => ({ task: { descriptor: layer, positions: [at] } })).reverse(),
      config: {
        value: Promise.resolve({
          ...{ bytes: config.bytes, config: { ...platform, ...configMore } },
          diffIDs: layers.map(({ diffID }) => diffID),
        }),
      },
      ...more,
    }
    const { outputs, events } = await runStage(commitImage(store, options), image as never)
    return { pulled: outputs[0]!, put, names, used, event: events.at(-1) }
  }

  it('is the config, the manifest and all indexes that lead to it, before the name', async () => {
    const parentIndexes = [named('outer'), named('inner')]
    const { put, names, pulled } = await committed(oci, { parentIndexes })
    expect(put[0]).toBe(oci.config.digest)
    expect(new Set(put)).toEqual(
      new Set(
        [oci.config, oci.manifest, ...parentIndexes.map(({ descriptor }) => descriptor)].map(
          (each) => each.digest,
        ),
      ),
    )
    const [root] = parentIndexes
    expect(names).toMatchObject([
      {
        descriptor: { digest: oci.manifest.digest, platform },
        ...{ rootDigest: root!.descriptor.digest, rootMediaType: mediaTypes.ociIndex },
      },
    ])
    expect(pulled).toMatchObject({ digest: root!.descriptor.digest, mediaType: mediaTypes.ociIndex })
  })

  it('includes the OCI manifest of a Docker image, to which the name refers', async () => {
    const { put, names, pulled } = await committed(docker)
    const { digest } = names[0]!.descriptor as { readonly digest: string }
    expect(digest).not.toBe(docker.manifest.digest)
    expect(put).toEqual(expect.arrayContaining([digest, docker.manifest.digest]))
    expect(names[0]).toMatchObject({ rootMediaType: mediaTypes.dockerManifest })
    expect(pulled.manifestDigest).toBe(docker.manifest.digest)
  })

  it('includes a schema 1 manifest: as it was signed, and its payload, to which its digest belongs', async () => {
    const [signed, payload] = [named('signed'), named('payload', mediaTypes.dockerSchema1Signed)]
    const original = {
      ...payload,
      bytes: signed.bytes,
      payload: payload.bytes,
      signed: { state: 'verified' },
    }
    const { put, names, pulled } = await committed(oci, { original })
    expect(put).toEqual(expect.arrayContaining([signed.descriptor.digest, payload.descriptor.digest]))
    expect(names[0]!.descriptor).toMatchObject({
      annotations: {
        [schema1Annotation]: payload.descriptor.digest,
        [signedAnnotation]: signed.descriptor.digest,
      },
    })
    expect(pulled).toMatchObject({ digest: payload.descriptor.digest, signatures: 'verified' })
    const unsigned = { ...payload, bytes: payload.bytes, payload: payload.bytes, signed: { state: 'none' } }
    const written = (await committed(oci, { original: unsigned })).put
    expect(written.filter((digest) => digest === payload.descriptor.digest)).toHaveLength(1)
  })

  it('is only the config if the image is up to date', async () => {
    const { put, names, used, pulled } = await committed(oci, { upToDate: true })
    expect([put, names, used]).toEqual([[oci.config.digest], [], [oci.manifest.digest]])
    expect(pulled.status).toBe('up-to-date')
  })

  it('is everything but the name, if that is set later', async () => {
    const { put, names } = await committed(oci, {}, undefined, {}, { named: false })
    expect(put).toContain(oci.manifest.digest)
    expect(names).toEqual([])
  })

  it('is nothing if a layer is missing, or has another size than the manifest states', async () => {
    const [base] = oci.layers
    const hasOther = (digest: string, size?: number) =>
      digest !== base!.digest || (size !== undefined && size !== base!.size)
    for (const has of [hasOther, (digest: string) => digest !== base!.digest])
      await expect(committed(oci, {}, has)).rejects.toMatchObject({ code: 'STORE_CORRUPT' })
    await committed(oci, {}, (_, size) => size !== undefined)
  })

  it('is reported with the layers in the order of the manifest, and the variant of the platform', async () => {
    const { pulled, event } = await committed(oci, {}, undefined, { variant: 'v2' })
    const digests = oci.layers.map(({ digest }) => digest)
    expect(pulled.layers.map(({ digest, diffID }) => [digest, diffID])).toEqual(
      oci.layers.map(({ digest, diffID }) => [digest, diffID]),
    )
    expect(pulled.platform).toBe('linux/amd64/v2')
    expect(event).toMatchObject({
      type: 'image',
      layers: digests,
      platform: 'linux/amd64/v2',
      status: 'newer',
    })
  })

  it('does not wait for the config after the end of the pull', async () => {
    const image = { request: {}, config: new Deferred(), ensured: [] }
    await leftEarly(image as never, commitImage({} as unknown as Store))
  })
})
