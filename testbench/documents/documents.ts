/** Provides valid manifests, of which specs change one aspect. */
import { readFileSync } from 'node:fs'
import { digestOf } from '../../lib/image/digest/digest.js'
import { mediaTypes } from '../../lib/image/documents/media-types.js'

/** Returns the bytes of a file in this folder. */
export const readFixture = (name: string): Buffer => readFileSync(new URL(`./${name}`, import.meta.url))

export const bytesOf = (value: unknown): Buffer => Buffer.from(JSON.stringify(value))

/** Returns a valid descriptor. Its digest depends on the type and the size. */
export const descriptor = (
  mediaType: string,
  size = 3,
): { mediaType: string; digest: string; size: number } => ({
  mediaType,
  digest: digestOf(Buffer.from(mediaType + String(size))),
  size,
})

export const ociManifest = {
  schemaVersion: 2,
  mediaType: mediaTypes.ociManifest,
  config: descriptor(mediaTypes.ociConfig),
  layers: [descriptor(mediaTypes.ociLayerGzip), descriptor(mediaTypes.ociLayerZstd)],
}

export const dockerManifest = {
  schemaVersion: 2,
  mediaType: mediaTypes.dockerManifest,
  config: descriptor(mediaTypes.dockerConfig),
  layers: [descriptor(mediaTypes.dockerLayerGzip)],
}

export const ociIndex = {
  schemaVersion: 2,
  mediaType: mediaTypes.ociIndex,
  manifests: [
    { ...descriptor(mediaTypes.ociManifest), platform: { os: 'linux', architecture: 'amd64' } },
    {
      ...descriptor(mediaTypes.ociManifest, 4),
      platform: { os: 'linux', architecture: 'arm64', variant: 'v8' },
    },
  ],
}

export const dockerList = { ...ociIndex, mediaType: mediaTypes.dockerManifestList }

export const schema1 = {
  schemaVersion: 1,
  name: 'library/busybox',
  tag: 'latest',
  architecture: 'amd64',
  fsLayers: [{ blobSum: digestOf(Buffer.from('layer')) }],
  history: [{ v1Compatibility: '{"id":"x"}' }],
}

const base64url = (text: string): string => Buffer.from(text).toString('base64url')

/** Inserts `times` signatures before the last brace of `payload`, as libtrust does. */
export function addSignatures(payload: string, times = 1, more: object = {}): Buffer {
  const head = payload.slice(0, payload.lastIndexOf('\n}'))
  const tail = payload.slice(head.length)
  const header = { formatLength: Buffer.byteLength(head), formatTail: base64url(tail), time: 'now', ...more }
  const signature = {
    header: { alg: 'ES256' },
    signature: 'AAAA',
    protected: base64url(JSON.stringify(header)),
  }
  const signatures = JSON.stringify(
    Array.from({ length: times }, () => signature),
    undefined,
    3,
  )
  return Buffer.from(`${head},\n   "signatures": ${signatures}\n}`)
}

export const schema1Payload = JSON.stringify(schema1, undefined, 3)
