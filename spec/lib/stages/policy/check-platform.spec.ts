import { describe, expect, it } from 'vitest'
import { Deferred, Flow, Scope } from '../../../../lib/flow/index.js'
import {
  type Platform,
  digestOf,
  mediaTypes,
  parsePlatform,
  readSchema1,
} from '../../../../lib/image/index.js'
import { checkPlatform } from '../../../../lib/stages/index.js'
import { schema1Payload } from '../../../../testbench/documents/schema1-images.js'
import { runStage } from '../../../support/run-stage.js'

const digest = digestOf(Buffer.from('manifest'))
const descriptor = { mediaType: mediaTypes.ociManifest, digest, size: 8 }
const other = digestOf(Buffer.from('other'))
const name = 'example.com/app:1'

interface Image {
  readonly wanted: string
  readonly config?: Platform
  /** The platform of the image in the index that contains it. */
  readonly listed?: Platform
  readonly schema1?: Record<string, unknown>
}

/** Returns the warnings for an image with that config. */
async function warningsOf({ wanted, config, listed, schema1 }: Image): Promise<unknown[]> {
  const deferred = new Deferred<unknown>({ name: 'config', hint: '' })
  if (config) deferred.settle({ config: { ...config, rootfs: { type: 'layers', diff_ids: [] } } })
  const v1 = schema1Payload([{ blob: digest, v1: schema1 ?? {} }])
  const document = schema1
    ? {
        kind: 'schema1',
        descriptor,
        image: readSchema1(JSON.parse(v1.toString()) as never, name),
      }
    : { kind: 'image', descriptor }
  const manifests = [
    { digest: other, platform: { os: 'linux', architecture: 'arm', variant: 'v5' } },
    { digest, platform: listed },
  ]
  const parentIndexes = listed ? [{ index: { manifests: [] } }, { index: { manifests } }] : []
  const request = { name, platform: parsePlatform(wanted) }
  const image = { request, document, parentIndexes, config: deferred }
  const { outputs, events } = await runStage(checkPlatform(), image as never)
  expect(outputs).toEqual([image])
  return events as unknown[]
}

const warning = (offered: string, wanted: string) => ({
  ...{ type: 'warning', code: 'platform-mismatch', digest },
  message: `${name} is for ${offered}, but ${wanted} was requested`,
})

describe('the platform of an image', () => {
  it.each<[string, Platform]>([
    ['linux/amd64', { os: 'linux', architecture: 'amd64' }],
    ['linux/arm64', { os: 'linux', architecture: 'arm64', variant: 'v8' }],
    ['linux/arm/v7', { os: 'linux', architecture: 'arm', variant: 'v6' }],
  ])('causes no warning if %s can run it', async (wanted, config) => {
    expect(await warningsOf({ wanted, config })).toEqual([])
  })

  it('causes a warning if another one was requested', async () => {
    const config = { os: 'linux', architecture: 'arm64' }
    expect(await warningsOf({ wanted: 'linux/amd64', config })).toEqual([
      warning('linux/arm64', 'linux/amd64'),
    ])
  })

  it('has the variant of its entry in the index, if the config states none', async () => {
    const config = { os: 'linux', architecture: 'arm' }
    const listed = { ...config, variant: 'v7' }
    expect(await warningsOf({ wanted: 'linux/arm/v6', config, listed })).toEqual([
      warning('linux/arm/v7', 'linux/arm/v6'),
    ])
    expect(await warningsOf({ wanted: 'linux/arm/v7', config, listed })).toEqual([])
  })

  it.each<[string, Platform, Platform, string]>([
    [
      'a variant of its own',
      { os: 'linux', architecture: 'arm', variant: 'v6' },
      { os: 'linux', architecture: 'arm', variant: 'v5' },
      'linux/arm/v6',
    ],
    [
      'another architecture',
      { os: 'linux', architecture: 'arm64' },
      { os: 'linux', architecture: 'arm', variant: 'v5' },
      'linux/arm64',
    ],
    [
      'another system',
      { os: 'windows', architecture: 'arm' },
      { os: 'linux', architecture: 'arm', variant: 'v5' },
      'windows/arm',
    ],
  ])('is that of the config if it states %s', async (_, config, listed, offered) => {
    expect(await warningsOf({ wanted: 'linux/s390x', config, listed })).toEqual([
      warning(offered, 'linux/s390x'),
    ])
  })

  it('is read from a schema 1 manifest, without its config', async () => {
    const schema1 = { os: 'linux', architecture: 'ppc64le' }
    expect(await warningsOf({ wanted: 'linux/amd64', schema1 })).toEqual([
      warning('linux/ppc64le', 'linux/amd64'),
    ])
    expect(await warningsOf({ wanted: 'linux/ppc64le', schema1 })).toEqual([])
  })

  it('fails with the config', async () => {
    const deferred = { value: Promise.reject(new Error('no config')) }
    const image = { request: { name }, document: { kind: 'image', descriptor }, config: deferred }
    await expect(runStage(checkPlatform(), image as never)).rejects.toThrow('no config')
  })

  it('is not waited for after the end of the pull', async () => {
    const image = { request: { name }, document: { kind: 'image', descriptor }, config: new Deferred() }
    const scope = new Scope()
    const passed = Flow.of(image as never)
      .pipe(checkPlatform())
      .toObservable(scope)
    await new Promise<void>((resolve) => {
      const subscription = passed.subscribe(() => {
        resolve()
        queueMicrotask(() => subscription.unsubscribe())
      })
    })
    await scope.close({ within: 5_000 })
    expect(scope.running).toEqual([])
  })
})
