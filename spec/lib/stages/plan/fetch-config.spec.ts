import { Readable } from 'node:stream'
import { lastValueFrom } from 'rxjs'
import { describe, expect, it } from 'vitest'
import { WindlassError } from '../../../../lib/errors.js'
import { Deferred, Flow, type FlowEvent, Scope, WorkControl } from '../../../../lib/flow/index.js'
import { type BlobRequest, type Descriptor, digestOf } from '../../../../lib/image/index.js'
import { defaultLimits } from '../../../../lib/limits.js'
import { fetchConfig } from '../../../../lib/stages/plan/fetch-config.js'
import { tinyImage } from '../../../../lib/testing/images/index.js'
import { leftEarly, slowToEnd } from '../../../support/left-early.js'
import { runStage } from '../../../support/run-stage.js'

it('waits for the request for a config to end when the pull is cancelled', async () => {
  let ended = false
  const blob = (_: unknown, { signal }: { readonly signal: AbortSignal }) =>
    slowToEnd(signal, 20).finally(() => (ended = true))
  const { config } = tinyImage()
  const image = {
    document: { kind: 'image', manifest: { config, layers: [] } },
    request: { name: 'app', source: { blob } },
    parentIndexes: [],
    config: new Deferred(),
  }
  await leftEarly(image as never, fetchConfig({ retry: { attempts: 1, delay: 0, longestRetryAfter: 0 } }))
  expect(ended).toBe(true)
})

it.each([
  ['the platform that the index lists for its manifest', true, 's390x'],
  ['the requested platform if there is no index', false, 'amd64'],
])('gives a config that states no platform %s', async (_, isListed, architecture) => {
  const bytes = Buffer.from('{"rootfs":{"type":"layers","diff_ids":[]}}')
  const digest = digestOf(Buffer.from('the manifest'))
  const descriptor = { mediaType: 'x', digest, size: 1 }
  const entry = { ...descriptor, platform: { os: 'linux', architecture: 's390x' } }
  const other = { ...entry, digest: digestOf(bytes), platform: { os: 'linux', architecture: 'arm' } }
  const config = new Deferred<{ readonly config: { readonly architecture: string } }>()
  const image = {
    document: {
      ...{ kind: 'image', descriptor },
      manifest: { config: { ...descriptor, digest: digestOf(bytes), size: bytes.length }, layers: [] },
    },
    request: {
      ...{ name: 'app', platform: { os: 'linux', architecture: 'amd64' } },
      source: { blob: async () => ({ stream: Readable.from([bytes]) }) },
    },
    parentIndexes: isListed
      ? [
          { index: { manifests: [{ ...entry, platform: other.platform }] } },
          { index: { manifests: [other, entry] } },
        ]
      : [],
    config,
  }
  const scope = new Scope()
  const stage = fetchConfig({ retry: { attempts: 1, delay: 0, longestRetryAfter: 0 } })
  await lastValueFrom(
    Flow.of(image as never)
      .pipe(stage)
      .toObservable(scope),
  )
  await scope.close()
  expect((await config.value).config.architecture).toBe(architecture)
})

describe('the config of an image', () => {
  const { config, layers } = tinyImage()
  const retry = { attempts: 1, delay: 0, longestRetryAfter: 0 }
  const report = { method: 'GET', url: 'https://h/', role: 'registry', duration: 1, received: 2 } as const

  interface Options {
    readonly bytes?: Buffer
    readonly attempts?: number
    /** Failures of the source before it sends the config. */
    readonly failures?: number
    readonly request?: object
    readonly store?: object
    readonly manifestLayers?: readonly object[]
    readonly onRequest?: () => void
  }

  async function fetched({
    bytes = config.bytes,
    attempts = 1,
    failures = 0,
    request = {},
    store,
    manifestLayers = layers,
    onRequest = () => undefined,
  }: Options) {
    let requests = 0
    const blob = async (_: Descriptor, options: BlobRequest) => {
      options.onRequest?.(report)
      onRequest()
      if (++requests <= failures) throw new WindlassError('REGISTRY_UNAVAILABLE', 'not now')
      options.signal?.throwIfAborted()
      return { stream: Readable.from([bytes]) }
    }
    const stated = { ...config, digest: digestOf(bytes), size: bytes.length }
    const deferred = new Deferred<{ readonly bytes: Buffer }>()
    const image = {
      document: { kind: 'image', descriptor: stated, manifest: { config: stated, layers: manifestLayers } },
      request: {
        name: 'app',
        platform: { os: 'linux', architecture: 'amd64' },
        source: { blob },
        ...request,
      },
      parentIndexes: [],
      config: deferred,
    }
    const stage = fetchConfig({ retry: { ...retry, attempts }, ...(store && { store: store as never }) })
    const { outputs, events } = await runStage(stage, image as never)
    expect(outputs).toEqual([image])
    return { requests, events, settled: await deferred.value }
  }
  const storeOf = (size: number, read: () => Promise<Buffer>) => ({
    blobs: { has: async (_: string, wanted?: number) => wanted === undefined || wanted === size, read },
  })

  it('is requested again after a temporary failure, while the image passes once', async () => {
    const { requests, events, settled } = await fetched({ attempts: 2, failures: 1 })
    expect(requests).toBe(2)
    expect(settled.bytes).toEqual(config.bytes)
    expect(events.filter((event) => (event as FlowEvent).type === 'request')).toEqual([
      { type: 'request', ...report, digest: config.digest },
      { type: 'request', ...report, digest: config.digest },
    ])
  })

  it('is not requested during a pause, and again after one', async () => {
    const control = new WorkControl()
    let pauses = 0
    const { requests } = await fetched({
      request: { control },
      onRequest: () => {
        if (pauses++ > 0) return
        control.setPaused(true)
        queueMicrotask(() => control.setPaused(false))
      },
    })
    expect(requests).toBe(2)
  })

  it('must not exceed the limit of the pull', async () => {
    const limits = { ...defaultLimits, configBytes: config.bytes.length - 1 }
    await expect(fetched({ request: { limits } })).rejects.toMatchObject({ code: 'LIMIT_EXCEEDED' })
  })

  it('causes one warning about everything in it that is irregular', async () => {
    const { rootfs } = JSON.parse(config.bytes.toString()) as { readonly rootfs: object }
    const bytes = Buffer.from(
      JSON.stringify({ rootfs, os: 'linux', architecture: 'amd64', created: 7, history: [{}, {}, {}] }),
    )
    const { events } = await fetched({ bytes })
    expect(events.at(-1)).toMatchObject({
      ...{ type: 'warning', code: 'document-unclear', digest: digestOf(bytes) },
      message: expect.stringMatching(
        /The config of app .*created: .*history: it describes 3 layers/,
      ) as string,
    })
  })

  it('is not requested if the store has it', async () => {
    const store = storeOf(config.size, async () => config.bytes)
    expect(await fetched({ store })).toMatchObject({ requests: 0, settled: { bytes: config.bytes } })
  })

  it.each([
    ['of another size', storeOf(config.size + 1, async () => Buffer.from('{}'))],
    [
      'that is corrupt',
      storeOf(config.size, async () => {
        throw new WindlassError('STORE_CORRUPT', 'corrupt')
      }),
    ],
  ])('is requested if the store has one %s', async (_, store) => {
    expect((await fetched({ store })).requests).toBe(1)
  })

  it('cannot be replaced if the store cannot be read', async () => {
    const store = storeOf(config.size, async () => {
      throw new WindlassError('STORE_DENIED', 'no access')
    })
    await expect(fetched({ store })).rejects.toMatchObject({ message: 'no access' })
  })

  it('of schema 1 is not requested', async () => {
    const image = { document: { kind: 'schema1' }, request: {}, config: new Deferred() }
    const { outputs } = await runStage(fetchConfig({ retry }), image as never)
    expect(outputs).toEqual([image])
  })
})
