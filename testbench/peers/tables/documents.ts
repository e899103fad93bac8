/** Defines documents for the tables of manifests, and their meanings. */
import { mediaTypes } from '../../../lib/image/documents/media-types.js'

export interface Document {
  /** Body as served. An object is serialised as JSON. */
  readonly body: unknown
  readonly contentType?: string
  /** Media type in the descriptor of the document. The digest in it is correct. */
  readonly descriptorType?: string
  /** Whether the document is requested by a digest that is not its own. */
  readonly otherDigest?: boolean
}

export type Fields = Readonly<Record<string, unknown>>

export const image = 'OCI image'
export const index = 'OCI index'
export const dockerImage = 'Docker image'
export const dockerList = 'Docker list'

export const digestOf = (character: string): string => `sha256:${character.repeat(64)}`

export const config: Fields = { mediaType: mediaTypes.ociConfig, size: 1470, digest: digestOf('c') }
export const layer: Fields = { mediaType: mediaTypes.ociLayerGzip, size: 148, digest: digestOf('a') }
export const child: Fields = {
  mediaType: mediaTypes.ociManifest,
  size: 7143,
  digest: digestOf('e'),
  platform: { architecture: 'ppc64le', os: 'linux' },
}

export const ociManifest = (more: Fields = {}): Fields => ({
  schemaVersion: 2,
  mediaType: mediaTypes.ociManifest,
  config,
  layers: [layer],
  ...more,
})
export const ociIndex = (more: Fields = {}): Fields => ({
  schemaVersion: 2,
  mediaType: mediaTypes.ociIndex,
  manifests: [child],
  ...more,
})
/** Removes a member: JSON leaves out undefined values. */
export const without = (fields: Fields, name: string): Fields => ({ ...fields, [name]: undefined })

export const dockerManifest: Fields = {
  schemaVersion: 2,
  mediaType: mediaTypes.dockerManifest,
  config: { ...config, mediaType: mediaTypes.dockerConfig },
  layers: [{ ...layer, mediaType: mediaTypes.dockerLayerGzip }],
}
export const dockerIndex: Fields = {
  schemaVersion: 2,
  mediaType: mediaTypes.dockerManifestList,
  manifests: [{ ...child, mediaType: mediaTypes.dockerManifest }],
}
export const schema1: Fields = {
  schemaVersion: 1,
  name: 'mitr/busybox',
  tag: 'latest',
  architecture: 'amd64',
  fsLayers: [{ blobSum: digestOf('a') }],
  history: [{ v1Compatibility: JSON.stringify({ id: '1'.repeat(64), os: 'linux', architecture: 'amd64' }) }],
}

/** Documents without `mediaType`. */
export const nameless = without(ociManifest(), 'mediaType')
export const namelessIndex = without(ociIndex(), 'mediaType')

export type Line = readonly [label: string, given: Document, meaning: string]
export type Difference = readonly [
  label: string,
  given: Document,
  theirs: string,
  ours: string,
  because: string,
]
