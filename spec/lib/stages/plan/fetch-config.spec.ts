import { Readable } from 'node:stream'
import { lastValueFrom } from 'rxjs'
import { expect, it } from 'vitest'
import { Deferred, Flow, Scope } from '../../../../lib/flow/index.js'
import { digestOf } from '../../../../lib/image/index.js'
import { fetchConfig } from '../../../../lib/stages/plan/fetch-config.js'
import { tinyImage } from '../../../../lib/testing/images/index.js'
import { leftEarly, slowToEnd } from '../../../support/left-early.js'

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
    parentIndexes: isListed ? [{ index: { manifests: [other, entry] } }] : [],
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
