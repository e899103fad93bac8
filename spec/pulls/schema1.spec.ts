/** Images of schema 1, pulled whole: what is asked for, what comes of it, and what is kept. */
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { chainIDs, digestOf, mediaTypes } from '../../lib/image/index.js'
import { buildImage, buildIndex, putImage } from '../../lib/testing/images/index.js'
import { faults } from '../../lib/testing/registry/index.js'
import { compareTrees, describeTree } from '../../lib/archive/index.js'
import type { PullOptions } from '../../puller/index.js'
import {
  idOf,
  generateKey,
  schema1Payload,
  signPayload,
  topConfig,
} from '../../testbench/documents/schema1-images.js'
import {
  base,
  requestedBlobs,
  diffIDs,
  digest,
  entries,
  eventsOf,
  failureOf,
  image,
  key,
  middle,
  payload,
  putSchema1,
  repository,
  signedManifest,
  top,
  pullOptions,
} from '../../testbench/registries/schema1-registry.js'
import { Workbench, asked, blobPath, blobsIn } from '../support/workbench.js'

describe('a schema 1 image', () => {
  const bench = new Workbench()

  async function ready(bytes = signedManifest) {
    const registry = await bench.registry()
    putSchema1(registry, bytes)
    return { registry, puller: await bench.puller(), name: `${registry.host}/${repository}` }
  }

  it('asks for the set of blobSums, each once, without those that make no layer (S0-24)', async () => {
    const registry = await bench.registry()
    const twice = schema1Payload([{ blob: base!.digest }, { blob: middle!.digest }, { blob: base!.digest }])
    putSchema1(registry, twice)
    const pulled = await (await bench.puller()).pull(`${registry.host}/${repository}`, pullOptions).done
    expect(requestedBlobs(registry, 'GET').sort()).toEqual([base!.digest, middle!.digest].sort())
    expect(pulled.layers.map((layer) => layer.digest)).toEqual([base!, middle!, base!].map((l) => l.digest))
    const { registry: other, puller, name } = await ready()
    await puller.pull(name, pullOptions).done
    expect(requestedBlobs(other, 'GET').sort()).toEqual(image.layers.map((layer) => layer.digest).sort())
  })

  it('gives the layers base first and the tree that schema 2 gives (S0-40, S3-06)', async () => {
    const { registry, puller, name } = await ready()
    await putImage(registry, 'library/new', 'latest', image)
    const [old, today] = [bench.path(), bench.path()]
    const pulled = await puller.pull(name, { ...pullOptions, rootfs: old }).done
    const same = await puller.pull(`${registry.host}/library/new`, { ...pullOptions, rootfs: today }).done
    expect(pulled.layers.map((layer) => layer.diffID)).toEqual(diffIDs)
    expect(pulled.layers.map((layer) => layer.rootfs)).toEqual(same.layers.map((layer) => layer.rootfs))
    // The layers have no entry for the root, so it has the time of its making.
    const differences = compareTrees(await describeTree(old), await describeTree(today), {
      except: ({ path, attribute }) => path === '.' && attribute === 'mtime',
    })
    expect(differences.map(({ text }) => text)).toEqual([])
    expect(await readFile(join(old, 'who'), 'utf8')).toBe('top')
  })

  it('goes by the digest of its payload, however it is signed (S2-19, S4-17)', async () => {
    for (const bytes of [payload, signedManifest, signPayload(payload, key, generateKey('RS256'))]) {
      const { puller, name } = await ready(bytes)
      expect(await puller.pull(name, pullOptions).done).toMatchObject({ digest, status: 'newer' })
    }
  })

  it('pulled by the digest that only schema 1 has, never by latest (S3-03, S3-04)', async () => {
    for (const bytes of [payload, signedManifest]) {
      const { registry, puller, name } = await ready(bytes)
      const pulled = await puller.pull(`${name}@${digest}`, pullOptions).done
      expect(pulled).toMatchObject({ digest, name: `${name}@${digest}` })
      expect(pulled.layers.map((layer) => layer.diffID)).toEqual(diffIDs)
      expect(asked(registry).filter((request) => request.startsWith('manifest'))).toEqual([
        `manifest ${digest}`,
      ])
    }
  })

  it('a digest that is not there is not there, whatever latest is (S3-04)', async () => {
    const { registry, puller, name } = await ready()
    const gone = digestOf(Buffer.from('gone'))
    for (const tag of ['', ':latest'])
      expect((await failureOf(puller.pull(`${name}${tag}@${gone}`, pullOptions))).code).toBe(
        'MANIFEST_UNKNOWN',
      )
    expect(asked(registry)).toEqual([`manifest ${gone}`, `manifest ${gone}`])
  })

  it('bytes that have another digest: "image verification failed", and no layer asked for (S4-07)', async () => {
    const { registry, puller, name } = await ready()
    const other = schema1Payload(entries, { tag: 'other', schemaVersion: 3 })
    const wrong = digestOf(Buffer.from('something else'))
    registry.putManifest(repository, wrong, signPayload(other, key), mediaTypes.dockerSchema1Signed)
    const error = await failureOf(puller.pull(`${name}@${wrong}`, pullOptions))
    expect(error).toMatchObject({ code: 'DIGEST_MISMATCH', exitCode: 5 })
    expect(error.message).toContain(`image verification failed for digest ${wrong}`)
    expect(asked(registry)).toEqual([`manifest ${wrong}`])
  })

  it('what breaks the rules ends the pull before any layer is asked for (S4-08, S4-16)', async () => {
    for (const [bytes, message] of [
      [schema1Payload(entries, { history: [] }), "'fsLayers' and 'history' have different size in manifest"],
      [schema1Payload([{ blob: base!.digest, v1: { Config: { Env: [] } } }]), '"Config"'],
    ] as const) {
      const { registry, puller, name } = await ready(bytes)
      const error = await failureOf(puller.pull(name, pullOptions))
      expect(error.message).toContain(message)
      expect(error.message).toContain(name)
      expect(asked(registry)).toEqual(['manifest latest'])
    }
  })

  it('has the config, the history and the ids of an image of today (S4-14, S4-15, S2-26, S2-42)', async () => {
    const { puller, name } = await ready()
    const pulled = await puller.pull(name, pullOptions).done
    expect(pulled.config).toMatchObject({
      os: 'linux',
      architecture: 'amd64',
      config: topConfig.config,
      rootfs: { type: 'layers', diff_ids: diffIDs },
    })
    expect(pulled.config.history?.map((entry) => entry.empty_layer === true)).toEqual([
      false,
      false,
      true,
      false,
    ])
    expect(pulled.config).not.toHaveProperty('id')
    expect(chainIDs(pulled.layers.map((layer) => layer.diffID))).toEqual(chainIDs(diffIDs))
    const config = await readFile(blobPath(puller.store, pulled.imageId))
    expect(digestOf(config)).toBe(pulled.imageId)
    expect(JSON.parse(config.toString())).toEqual(pulled.config)
  })

  it('the original stays, with its signatures and every v1 config, and its name leads to it (S0-43)', async () => {
    const { puller, name } = await ready()
    const pulled = await puller.pull(name, pullOptions).done
    expect((await readFile(blobPath(puller.store, digest))).equals(payload)).toBe(true)
    expect((await readFile(blobPath(puller.store, digestOf(signedManifest)))).equals(signedManifest)).toBe(
      true,
    )
    const index = JSON.parse(await readFile(join(puller.store, 'index.json'), 'utf8')) as {
      manifests: { digest: string; annotations: Record<string, string> }[]
    }
    expect(index.manifests).toHaveLength(1)
    expect(index.manifests[0]).toMatchObject({
      digest: pulled.manifestDigest,
      annotations: {
        'io.windlass.root.digest': digest,
        'io.windlass.schema1.digest': digest,
        'io.windlass.schema1.signed': digestOf(signedManifest),
      },
    })
    const kept = JSON.parse(payload.toString()) as { history: { v1Compatibility: string }[] }
    expect(
      kept.history.map(({ v1Compatibility }) => (JSON.parse(v1Compatibility) as { id: string }).id),
    ).toEqual(entries.map((_, at) => idOf(`layer ${at}`)).reverse())
    expect(await puller.images()).toMatchObject([
      { name: pulled.name, digest, mediaType: mediaTypes.dockerSchema1Signed, imageId: pulled.imageId },
    ])
    // What it was converted to is an image like any other.
    const copy = await (await bench.puller()).pull(`oci:${puller.store}:${pulled.name}`, pullOptions).done
    expect(copy).toMatchObject({ digest: pulled.manifestDigest, imageId: pulled.imageId })
  })

  it.each<[string, PullOptions]>([
    ['unpacked', {}],
    ['without its blobs', { discardBlobs: true }],
    ['as blobs only', { unpack: false }],
  ])('the second pull asks for the manifest alone: %s (S2-06)', async (_, options) => {
    const { registry, puller, name } = await ready()
    const first = await puller.pull(name, { ...pullOptions, ...options }).done
    const before = registry.requests.length
    // Signed anew, as registries do at every start: the same image.
    putSchema1(registry, signPayload(payload, generateKey('ES256')))
    const again = await puller.pull(name, { ...pullOptions, ...options }).done
    // HEAD states a digest that is not that of the stored manifest, because the signature is part of it.
    expect(asked(registry, before)).toEqual(['manifest latest', 'manifest latest'])
    expect(again).toEqual({ ...first, status: 'up-to-date' })
  })

  it('makes the same image of blobs that are not unpacked, by looking into them', async () => {
    const { puller, name } = await ready()
    const unpacked = await puller.pull(name, pullOptions).done
    const other = await bench.puller()
    const blobs = await other.pull(name, { ...pullOptions, unpack: false }).done
    expect(blobs).toMatchObject({
      imageId: unpacked.imageId,
      manifestDigest: unpacked.manifestDigest,
      digest,
    })
    expect(blobs.layers.map(({ diffID, rootfs }) => ({ diffID, rootfs }))).toEqual(
      diffIDs.map((diffID) => ({ diffID, rootfs: undefined })),
    )
  })

  it('says how the layers are compressed by looking at them, as its manifest does not', async () => {
    const plain = buildImage({
      layers: [
        { tar: base!.tar, compression: 'none' },
        { tar: top!.tar, compression: 'zstd' },
      ],
    })
    const registry = await bench.registry()
    putSchema1(
      registry,
      schema1Payload(plain.layers.map((layer) => ({ blob: layer.digest }))),
      'latest',
      plain,
    )
    for (const unpack of [true, false]) {
      const pulled = await (
        await bench.puller()
      ).pull(`${registry.host}/${repository}`, { ...pullOptions, unpack }).done
      expect(pulled.layers.map(({ mediaType, diffID }) => [mediaType, diffID])).toEqual([
        [mediaTypes.ociLayer, base!.diffID],
        [mediaTypes.ociLayerZstd, top!.diffID],
      ])
    }
  })

  it('a layer that is in the store is not asked for, not even for its size (S0-42)', async () => {
    const { registry, puller, name } = await ready()
    await putImage(registry, 'library/new', 'latest', image)
    await puller.pull(`${registry.host}/library/new`, pullOptions).done
    const before = registry.requests.length
    const pull = puller.pull(name, pullOptions)
    const events = eventsOf(pull)
    const pulled = await pull.done
    expect(asked(registry, before)).toEqual(['manifest latest'])
    expect(pulled.status).toBe('newer')
    const layers = (await events).flatMap((event) => (event.type === 'layer' ? [event.status] : []))
    expect(layers).toEqual(['exists', 'exists', 'exists'])
  })

  it('knows the sizes in its plan: by one HEAD a layer', async () => {
    const { registry, puller, name } = await ready()
    const pull = puller.pull(name, pullOptions)
    const events = eventsOf(pull)
    await pull.done
    const plan = (await events).find((event) => event.type === 'plan')
    const layers = image.layers.map(({ digest: layer, size }) => ({
      digest: layer,
      size,
      action: 'download',
      offset: 0,
    }))
    expect(plan).toMatchObject({ layers })
    expect(requestedBlobs(registry, 'HEAD').sort()).toEqual(image.layers.map((layer) => layer.digest).sort())
  })

  it('asks for the size by GET where the registry refuses HEAD', async () => {
    const { registry, puller, name } = await ready()
    registry.hook(({ method, kind }) =>
      method === 'HEAD' && kind === 'blob' ? { status: 405, headers: {}, body: Buffer.alloc(0) } : undefined,
    )
    expect(await puller.pull(name, pullOptions).done).toMatchObject({ digest })
  })

  it('says so where the registry tells no size at all', async () => {
    const { registry, puller, name } = await ready()
    registry.addFault(faults.chunked({ kind: 'blob' }))
    const error = await failureOf(puller.pull(name, pullOptions))
    expect(error.code).toBe('REGISTRY_RESPONSE')
    expect(error.message).toContain(
      'the registry does not report it, and schema 1 manifests contain no sizes',
    )
  })

  it('a size that was a lie, a blob that is another: refused, nothing named', async () => {
    const { registry, puller, name } = await ready()
    registry.hook(({ method, kind, reference }) =>
      method === 'HEAD' && kind === 'blob' && reference === top!.digest
        ? { status: 200, headers: { 'content-length': '7' }, body: Buffer.alloc(7) }
        : undefined,
    )
    expect((await failureOf(puller.pull(name, pullOptions))).code).toBe('SIZE_MISMATCH')
    const { registry: other, puller: second, name: otherName } = await ready()
    other.addFault(faults.wrongByte(40, { reference: middle!.digest, times: Infinity }))
    expect((await failureOf(second.pull(otherName, pullOptions))).code).toBe('DIGEST_MISMATCH')
    for (const each of [puller, second]) expect(await each.images()).toEqual([])
  })

  it('threats 5: a blob that is no layer ends a pull of blobs too', async () => {
    const bytes = Buffer.concat([top!.bytes.subarray(0, 40), Buffer.from('not the rest of it')])
    const registry = await bench.registry()
    registry.putBlob(bytes)
    putSchema1(registry, schema1Payload([{ blob: digestOf(bytes) }]))
    const puller = await bench.puller()
    const error = await failureOf(
      puller.pull(`${registry.host}/${repository}`, { ...pullOptions, unpack: false }),
    )
    expect(error.code).toBe('LAYER_INVALID')
    expect(await puller.images()).toEqual([])
  })

  it('shares its layers with a pull of schema 2, and takes no harm from one with a wrong config (C11)', async () => {
    const { registry, puller, name } = await ready()
    const liar = buildImage({
      layers: image.layers.map(({ tar }) => ({ tar })),
      config: { rootfs: { type: 'layers', diff_ids: diffIDs.toReversed() } },
    })
    await putImage(registry, 'library/new', 'latest', image)
    await putImage(registry, 'library/liar', 'latest', liar)
    registry.addFault(faults.slow(100, { times: Infinity }))
    const pulls = [name, `${registry.host}/library/new`, `${registry.host}/library/liar`].map((each) =>
      puller.pull(each, pullOptions),
    )
    const [old, today, wrong] = await Promise.allSettled(pulls.map(({ done }) => done))
    expect(old).toMatchObject({ status: 'fulfilled', value: { digest } })
    expect(today).toMatchObject({ status: 'fulfilled', value: { digest: image.manifest.digest } })
    expect(wrong).toMatchObject({ status: 'rejected', reason: { code: 'DIFF_ID_MISMATCH' } })
  })

  it('is pulled out of an index, under the digest of the index', async () => {
    const { registry, puller } = await ready()
    const index = buildIndex([image])
    const text = index.manifest.bytes.toString()
    const [child] = (JSON.parse(text) as { manifests: { mediaType: string; digest: string; size: number }[] })
      .manifests
    const bytes = Buffer.from(
      JSON.stringify({
        schemaVersion: 2,
        mediaType: mediaTypes.dockerManifestList,
        manifests: [{ ...child, mediaType: mediaTypes.dockerSchema1, digest, size: signedManifest.length }],
      }),
    )
    registry.putManifest(repository, 'list', bytes, mediaTypes.dockerManifestList)
    const name = `${registry.host}/${repository}:list`
    const first = await puller.pull(name, pullOptions).done
    expect(first).toMatchObject({ digest: digestOf(bytes), status: 'newer', signatures: 'verified' })
    expect(await puller.pull(name, pullOptions).done).toEqual({ ...first, status: 'up-to-date' })
  })

  it('is pulled out of a layout on disk', async () => {
    const layout = bench.path()
    const blobs = [payload, ...image.layers.map((layer) => layer.bytes)]
    await mkdir(join(layout, 'blobs', 'sha256'), { recursive: true })
    await writeFile(join(layout, 'oci-layout'), '{"imageLayoutVersion":"1.0.0"}')
    for (const bytes of blobs)
      await writeFile(join(layout, 'blobs', 'sha256', digestOf(bytes).slice(7)), bytes)
    const entry = { mediaType: mediaTypes.dockerSchema1, digest, size: payload.length }
    await writeFile(join(layout, 'index.json'), JSON.stringify({ schemaVersion: 2, manifests: [entry] }))
    const pulled = await (await bench.puller()).pull(`oci:${layout}`, pullOptions).done
    expect(pulled.layers.map(({ diffID, size }) => ({ diffID, size }))).toEqual(
      image.layers.map(({ diffID, size }) => ({ diffID, size })),
    )
  })

  it('cancelled while it waits for the sizes, leaves nothing (S0-78)', async () => {
    const { registry, puller, name } = await ready()
    let reached = (): void => undefined
    const waiting = new Promise<void>((resolve) => (reached = resolve))
    registry.hook(({ method, kind }) => {
      if (method !== 'HEAD' || kind !== 'blob') return undefined
      reached()
      return new Promise(() => undefined)
    })
    const pull = puller.pull(name, pullOptions)
    await waiting
    pull.cancel()
    expect((await failureOf(pull)).code).toBe('CANCELLED')
    await pull.closed()
    expect(await blobsIn(puller.store)).toEqual([])
  })
})
