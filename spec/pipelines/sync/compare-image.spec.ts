import { describe, expect, it } from 'vitest'
import { type Digest, type ImageSink, type ImageSource } from '../../../lib/image/index.js'
import type { ImageRequest } from '../../../lib/stages/index.js'
import { documentRetryPolicy } from '../../../lib/transfer/index.js'
import { buildIndex, tinyImage } from '../../../lib/testing/images/index.js'
import { compareImage } from '../../../pipelines/sync/compare-image.js'
import type { SelectedImage } from '../../../pipelines/sync/list-images.js'

const platform = { os: 'linux', architecture: 'amd64' }
const image = tinyImage()
const index = buildIndex([image])

/** Compares an index at the source, of which one image is selected, with what the target has. */
async function compared(previous: Digest | undefined) {
  const documents = new Map([image.manifest, index.manifest].map((each) => [each.digest as string, each]))
  const fetched: string[] = []
  const source = {
    host: 'source.example',
    identity: () => Promise.resolve(''),
    head: () => {
      const { digest, mediaType, size } = index.manifest
      return Promise.resolve({ digest, contentType: mediaType, size, host: 'source.example' })
    },
    manifest: (target: string) => {
      fetched.push(target)
      const { bytes, mediaType } = documents.get(target) ?? index.manifest
      return Promise.resolve({ bytes, contentType: mediaType, host: 'source.example' })
    },
  } as unknown as ImageSource
  const sink = { host: 'target.example', resolve: () => Promise.resolve(previous) } as unknown as ImageSink
  const [from, to] = ['s.example/app:1', 't.example/app:1']
  const request = { name: from, typed: from, target: '1', source, platform } as unknown as ImageRequest
  const entry = { line: 1, allPlatforms: false, referrers: false, fastCheck: false }
  const item = await compareImage(
    { entry, from, to } as unknown as SelectedImage,
    {
      request: () => request,
      target: () => ({ name: to, sink, tag: '1' }),
      retry: { ...documentRetryPolicy, attempts: 1 },
    },
    new AbortController().signal,
  )
  return { item, fetched }
}

describe('a sync of one platform', () => {
  it('leaves the whole index alone that the target has, and does not fetch it', async () => {
    const { digest } = index.manifest
    const { item, fetched } = await compared(digest)
    expect(item).toMatchObject({ action: 'equal', digest, expected: digest, previous: digest })
    expect(fetched).toEqual([])
  })

  it('compares the image of the platform with anything else that the target has', async () => {
    expect((await compared(image.manifest.digest)).item).toMatchObject({ action: 'equal' })
    expect(
      (await compared(tinyImage({ platform: { os: 'linux', architecture: 'arm64' } }).manifest.digest)).item,
    ).toMatchObject({
      ...{ action: 'replace', digest: index.manifest.digest, expected: image.manifest.digest },
    })
    expect((await compared(undefined)).item).toMatchObject({
      action: 'copy',
      expected: image.manifest.digest,
    })
  })
})
