/** Random sequences of the events that stages emit: a plan, layer events in any order, warnings, and an end. */
import fc from 'fast-check'
import {
  layerStatuses,
  type LayerEvent,
  type LayerStatus,
  type PullEventBody,
} from '../../../lib/events/index.js'

export const digests = ['a', 'b', 'c', 'd'].map((letter) => `sha256:${letter.repeat(64)}`)
const size = 1000

const statuses = Object.keys(layerStatuses) as LayerStatus[]

export const layerBody = fc
  .record({
    digest: fc.constantFrom(...digests),
    status: fc.constantFrom<LayerStatus>(...statuses, 'downloading', 'downloading', 'extracting'),
    current: fc.integer({ min: 0, max: size }),
    host: fc.option(fc.constantFrom('one.example', 'two.example'), { nil: undefined }),
    unpacked: fc.option(fc.integer({ min: 0, max: size }), { nil: undefined }),
  })
  .map(({ digest, status, current, host, unpacked }): LayerEvent => ({
    type: 'layer',
    digest,
    status,
    current: status === 'restart' ? 0 : current,
    total: size,
    ...(host !== undefined && { host }),
    ...(unpacked !== undefined && { unpacked }),
    ...(status === 'retrying' && { retryIn: 5000, reason: 'reset', attempt: 2 }),
  }))

export const start: PullEventBody = {
  type: 'start',
  reference: 'docker.io/library/a:1',
  platform: 'linux/amd64',
}

export const manifest: PullEventBody = {
  type: 'manifest',
  digest: digests[0]!,
  mediaType: 'application/vnd.oci.image.manifest.v1+json',
  size: 7,
  host: 'registry.example',
  decidedBy: 'content-type',
}

export const plan: PullEventBody = {
  type: 'plan',
  layers: [
    { digest: digests[0]!, size, action: 'exists', offset: size },
    { digest: digests[1]!, size, action: 'resume', offset: 400 },
    { digest: digests[2]!, size, action: 'download', offset: 0 },
    { digest: digests[0]!, size, action: 'exists', offset: size },
    { digest: digests[3]!, size, action: 'download', offset: 0 },
  ],
  bytes: { total: 4 * size, toDownload: 2600 },
}

export const request: PullEventBody = {
  type: 'request',
  method: 'GET',
  url: 'https://storage.example/blob',
  role: 'storage',
  digest: digests[2]!,
  duration: 40,
  received: 7,
  status: 200,
}

export const image: PullEventBody = {
  type: 'image',
  name: 'docker.io/library/a:1',
  digest: digests[0]!,
  mediaType: 'application/vnd.oci.image.manifest.v1+json',
  platform: 'linux/amd64',
  imageId: digests[1]!,
  size: 4 * size,
  layers: digests,
  status: 'newer',
}

export const copied: PullEventBody = {
  type: 'copied',
  from: 'docker.io/library/a:1',
  name: 'registry.example/a:1',
  digest: digests[0]!,
  mediaType: 'application/vnd.oci.image.manifest.v1+json',
  status: 'newer',
  bytes: { total: 4 * size, copied: size },
  blobs: { copied: 1, mounted: 1, exists: 2 },
}

export const bodies: fc.Arbitrary<PullEventBody[]> = fc
  .record({
    index: fc.boolean(),
    before: fc.array(layerBody, { maxLength: 3 }),
    after: fc.array(
      fc.oneof(
        { weight: 12, arbitrary: layerBody },
        {
          weight: 1,
          arbitrary: fc.constant<PullEventBody>({
            type: 'warning',
            code: 'unset',
            message: 'owners not set',
          }),
        },
        {
          weight: 1,
          arbitrary: fc.constantFrom<PullEventBody>({ type: 'paused' }, { type: 'resumed' }, request),
        },
      ),
      { maxLength: 40 },
    ),
    ends: fc.constantFrom('done', 'failed', 'not yet'),
  })
  .map(({ index, before, after, ends }) => [
    start,
    ...(index ? [manifest] : []),
    manifest,
    { type: 'platform', chosen: 'linux/amd64', digest: digests[0]!, rejected: ['linux/arm64'] },
    ...before,
    plan,
    ...after,
    ...(ends === 'done' ? [image, copied, { type: 'end', outcome: 'done' } as const] : []),
    ...(ends === 'failed'
      ? [
          {
            type: 'end',
            outcome: 'failed',
            error: { code: 'NETWORK', message: 'reset', retryable: true },
          } as const,
        ]
      : []),
  ])
