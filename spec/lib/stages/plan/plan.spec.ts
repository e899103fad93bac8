import { lastValueFrom } from 'rxjs'
import { describe, expect, it } from 'vitest'
import { type FlowEvent, Flow, Scope } from '../../../../lib/flow/index.js'
import { digestOf, mediaTypes } from '../../../../lib/image/index.js'
import type { PullableDocument, Resolved } from '../../../../lib/stages/elements.js'
import { plan } from '../../../../lib/stages/plan/plan.js'
import type { Store } from '../../../../lib/store/index.js'
import { runStage } from '../../../support/run-stage.js'

const layer = (text: string, size = 100) => ({
  ...{ mediaType: mediaTypes.ociLayerGzip, digest: digestOf(Buffer.from(text)), size },
})

describe('the plan of a pull', () => {
  /**
   * Returns the plan of the given layers, of which the store has the given numbers of bytes, and blobs of the given
   * size.
   */
  async function planned(layers: readonly object[], here: number, blobSize?: number) {
    const store = {
      blobs: { has: async (_digest: string, size = blobSize) => blobSize !== undefined && size === blobSize },
      partials: { length: async () => here },
      names: { get: async () => undefined },
    } as unknown as Store
    const resolved = {
      document: { kind: 'image', descriptor: layer('manifest'), manifest: { layers } },
      request: { name: 'app' },
      parentIndexes: [],
    }
    const goal = { unpack: false, form: 'overlay', keepBlobs: true } as const
    const scope = new Scope()
    const events: FlowEvent[] = []
    scope.events.subscribe((event) => events.push(event))
    const image = resolved as unknown as Resolved<PullableDocument>
    const flow = Flow.of(image).pipe(plan({ store, goal }))
    const result = await lastValueFrom(flow.toObservable(scope))
    await scope.close()
    return { layers: result.layers, event: events[0]! }
  }

  it('never states an offset above the size of a layer', async () => {
    for (const [here, offset, action] of [
      [0, 0, 'download'],
      [60, 60, 'resume'],
      [100, 100, 'resume'],
      [160, 100, 'resume'],
    ] as const) {
      const { layers, event } = await planned([layer('a')], here)
      expect(layers).toMatchObject([{ offset, action, positions: [0] }])
      expect(event['bytes']).toEqual({ total: 100, toDownload: 100 - offset })
    }
  })

  it('is refused if a layer has a type that is not supported', async () => {
    const chart = { ...layer('a'), mediaType: 'application/vnd.cncf.helm.chart.content.v1.tar+gzip' }
    await expect(planned([chart], 0)).rejects.toMatchObject({ code: 'UNSUPPORTED' })
  })

  it('fetches a layer whose blob in the store has another size', async () => {
    const actions = async (blobSize: number) =>
      (await planned([layer('a')], 0, blobSize)).layers.map(({ action, offset }) => ({ action, offset }))
    expect(await actions(100)).toEqual([{ action: 'exists', offset: 100 }])
    expect(await actions(99)).toEqual([{ action: 'download', offset: 0 }])
  })

  it('carries what the store has of a layer, so that nobody has to look again', async () => {
    const found = async (blobSize: number) =>
      (await planned([layer('a')], 0, blobSize)).layers.map((each) => each.found)
    expect(await found(100)).toEqual([{ stored: undefined, hasBlob: true }])
    expect(await found(99)).toEqual([undefined])
  })

  it('fetches a layer once that occurs several times, and lists it at each position', async () => {
    const { layers, event } = await planned([layer('a'), layer('b', 7), layer('a')], 0)
    expect(layers.map(({ positions }) => positions)).toEqual([[0, 2], [1]])
    expect(event['layers']).toHaveLength(3)
    expect(event['bytes']).toEqual({ total: 107, toDownload: 107 })
  })

  it('is up to date only if the name is intact and the manifest and config are in the store', async () => {
    const named = (text: string) => ({ ...layer(text), mediaType: mediaTypes.ociManifest })
    const [manifest, config] = [named('manifest'), named('config')]
    const document = { kind: 'image', descriptor: manifest, manifest: { config, layers: [layer('a')] } }
    const isUpToDate = async (corrupt: boolean, missing?: string): Promise<boolean> => {
      const store = {
        blobs: { has: async (digest: string) => digest !== missing },
        partials: { length: async () => 0 },
        names: { get: async () => ({ name: 'app', descriptor: manifest }), isCorrupt: async () => corrupt },
      } as unknown as Store
      const resolved = { document, request: { name: 'app' }, parentIndexes: [] }
      const goal = { unpack: false, form: 'overlay', keepBlobs: true } as const
      const scope = new Scope()
      const image = resolved as unknown as Resolved<PullableDocument>
      const flow = Flow.of(image).pipe(plan({ store, goal }))
      const { upToDate } = await lastValueFrom(flow.toObservable(scope))
      await scope.close()
      return upToDate
    }
    expect(await isUpToDate(false)).toBe(true)
    expect(await isUpToDate(true)).toBe(false)
    for (const { digest } of [manifest, config, layer('a')])
      expect(await isUpToDate(false, digest)).toBe(false)
  })

  it('downloads everything of a pull that fetches again, and is not up to date', async () => {
    const manifest = { ...layer('manifest'), mediaType: mediaTypes.ociManifest }
    const goal = { unpack: false, form: 'overlay', keepBlobs: true, refresh: true } as const
    const { outputs } = await runStage(
      plan({ store: wholeStore({ name: 'app', descriptor: manifest }), goal }),
      {
        document: {
          kind: 'image',
          descriptor: manifest,
          manifest: { config: layer('config'), layers: [layer('a')] },
        },
        ...{ request: { name: 'app' }, parentIndexes: [] },
      } as never,
    )
    expect(outputs[0]).toMatchObject({ upToDate: false, layers: [{ action: 'download', offset: 0 }] })
    const empty = { config: layer('config'), layers: [] }
    const without = await runStage(plan({ store: wholeStore({ name: 'app', descriptor: manifest }), goal }), {
      document: { kind: 'image', descriptor: manifest, manifest: empty },
      ...{ request: { name: 'app' }, parentIndexes: [] },
    } as never)
    expect(without.outputs[0]).toMatchObject({ upToDate: false })
  })

  it('says whether layers are unpacked', async () => {
    const goal = { unpack: true, form: 'overlay', keepBlobs: false } as const
    const image = {
      document: {
        kind: 'image',
        descriptor: layer('manifest'),
        manifest: { config: layer('c'), layers: [] },
      },
      ...{ request: { name: 'app' }, parentIndexes: [] },
    } as never
    const eventOf = async (unpack: boolean) =>
      (await runStage(plan({ store: wholeStore(undefined), goal: { ...goal, unpack } }), image)).events[0]
    expect(await eventOf(true)).not.toHaveProperty('unpack')
    expect(await eventOf(false)).toHaveProperty('unpack', false)
  })
})

/** A store that has all blobs, and `named` under every name but those that are corrupt. */
const wholeStore = (named: object | undefined, corrupt: readonly string[] = []): Store =>
  ({
    blobs: { has: async () => true },
    partials: { length: async () => 0 },
    names: { get: async () => named, isCorrupt: async (name: string) => corrupt.includes(name) },
  }) as unknown as Store

describe('a name of the store', () => {
  const of = (text: string, mediaType: string = mediaTypes.ociManifest) => ({ ...layer(text), mediaType })
  const [manifest, outer, inner, other] = [of('manifest'), of('outer'), of('inner'), of('other')]
  const goal = { unpack: false, form: 'overlay', keepBlobs: true } as const
  const isUpToDate = async (
    named: object | undefined,
    indexes: readonly object[],
    corrupt: string[] = [],
  ) => {
    const { outputs } = await runStage(plan({ store: wholeStore(named, corrupt), goal }), {
      document: {
        ...{ kind: 'image', descriptor: manifest },
        manifest: { config: of('config'), layers: [layer('a')] },
      },
      request: { name: 'docker.io/library/app:1', typed: 'app:1' },
      parentIndexes: indexes.map((descriptor) => ({ descriptor })),
    } as never)
    return outputs[0]!.upToDate
  }

  it.each<[string, boolean, object | undefined, readonly object[]]>([
    ['that does not exist is not', false, undefined, []],
    ['of the manifest is', true, { descriptor: manifest }, []],
    ['of another manifest is not', false, { descriptor: other }, []],
    [
      'of the manifest in the same index is',
      true,
      { descriptor: manifest, rootDigest: outer.digest },
      [outer, inner],
    ],
    [
      'of the manifest in another index is not',
      false,
      { descriptor: manifest, rootDigest: other.digest },
      [outer],
    ],
    ['of the manifest alone is not, if an index leads to it', false, { descriptor: manifest }, [outer]],
    ['of the index is', true, { descriptor: outer }, [outer]],
    ['of an index in the index is', true, { descriptor: inner, rootDigest: outer.digest }, [outer, inner]],
    [
      'of another platform of the index is not',
      false,
      { descriptor: other, rootDigest: outer.digest },
      [outer],
    ],
  ])('%s up to date', async (_, expected, named, indexes) => {
    expect(await isUpToDate(named, indexes)).toBe(expected)
  })

  it('is checked as the name under which it was found', async () => {
    const named = { name: 'app:1', descriptor: manifest }
    expect(await isUpToDate(named, [], ['docker.io/library/app:1'])).toBe(true)
    expect(await isUpToDate(named, [], ['app:1'])).toBe(false)
  })
})

describe('the plan of a pull that unpacks', () => {
  /** The action for a layer of 100 bytes, of which the store has what the arguments say. */
  async function actionOf({
    blob = false,
    tree,
    keptBlob = false,
    keepBlobs = true,
  }: {
    readonly blob?: boolean
    readonly tree?: 'overlay' | 'aufs'
    readonly keptBlob?: boolean
    readonly keepBlobs?: boolean
  }) {
    const { digest } = layer('a')
    const store = {
      blobs: { has: async () => blob },
      layers: {
        findByBlob: async (_: string, form?: string) =>
          form === undefined || form === tree ? { keptBlobs: keptBlob ? [digest] : [] } : undefined,
      },
      partials: { length: async () => 30 },
      names: { get: async () => undefined },
    } as unknown as Store
    const goal = { unpack: true, form: 'overlay', keepBlobs } as const
    const { outputs } = await runStage(plan({ store, goal }), {
      document: { kind: 'image', descriptor: layer('manifest'), manifest: { layers: [layer('a')] } },
      ...{ request: { name: 'app' }, parentIndexes: [] },
    } as never)
    const { action, offset } = outputs[0]!.layers[0]!
    return `${action} ${offset}`
  }

  it.each([
    ['has nothing but a part of the blob', {}, 'resume 30'],
    ['has the tree', { tree: 'overlay' as const }, 'exists 100'],
    ['has the tree in the other form', { tree: 'aufs' as const }, 'resume 30'],
    ['has only the blob, which is unpacked', { blob: true }, 'resume 100'],
    ['lost the blob that it kept', { tree: 'overlay' as const, keptBlob: true }, 'resume 30'],
    ['kept the blob and the tree', { tree: 'overlay' as const, keptBlob: true, blob: true }, 'exists 100'],
    [
      'lost a blob that is not to be kept',
      { tree: 'overlay' as const, keptBlob: true, keepBlobs: false },
      'exists 100',
    ],
  ])('uses what the store has, if it %s', async (_, here, expected) => {
    expect(await actionOf(here)).toBe(expected)
  })

  it('looks for the name also as it was typed', async () => {
    const asked: unknown[] = []
    const store = {
      blobs: wholeStore(undefined).blobs,
      names: { get: async (...names: readonly unknown[]) => void asked.push(names) },
    } as unknown as Store
    await runStage(plan({ store, goal: { unpack: false, form: 'overlay', keepBlobs: true } }), {
      document: { kind: 'image', descriptor: layer('manifest'), manifest: { layers: [] } },
      ...{ request: { name: 'docker.io/library/app:1', typed: 'app:1' }, parentIndexes: [] },
    } as never)
    expect(asked).toEqual([['docker.io/library/app:1', 'app:1']])
  })

  it.each([
    ['image', /after `fetchConfig`/],
    ['schema1', /`convertSchema1` makes it/],
  ])('has a config that says where it comes from, if it is awaited too early: %s', async (kind, hint) => {
    const { outputs } = await runStage(
      plan({ store: wholeStore(undefined), goal: { unpack: false, form: 'overlay', keepBlobs: true } }),
      {
        document: { kind, descriptor: layer('manifest'), layers: [], manifest: { layers: [] } },
        ...{ request: { name: 'app' }, parentIndexes: [] },
      } as never,
    )
    await expect(outputs[0]!.config.value).rejects.toThrow(hint)
  })
})
