/** Archives of images, made entry by entry, so that a test can spoil each. */
import { createHash } from 'node:crypto'
import { pack } from 'tar-stream'
import type { BuiltImage } from '../../../lib/testing/images/index.js'

/** An entry: a file with its content, or a link. */
export type ArchiveEntry = readonly [
  name: string,
  content: Buffer | string,
  link?: { readonly type: 'symlink' | 'link'; readonly to: string },
]

/** Returns the bytes of a tar archive. */
export async function archiveOf(entries: readonly ArchiveEntry[]): Promise<Buffer> {
  const archive = pack()
  for (const [name, content, link] of entries)
    if (link) archive.entry({ name, type: link.type, linkname: link.to })
    else archive.entry({ name }, Buffer.from(content))
  archive.finalize()
  const chunks: Buffer[] = []
  for await (const chunk of archive as AsyncIterable<Buffer>) chunks.push(chunk)
  return Buffer.concat(chunks)
}

const hexOf = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex')

/** The entries of `docker save` before Docker 25: uncompressed layers below directories, links for layers that repeat. */
export function dockerSaveEntries(image: BuiltImage, tags: readonly string[] | null): ArchiveEntry[] {
  const config = `${hexOf(image.config.bytes)}.json`
  const layers = image.layers.map((layer, at) => [`${at}/layer.tar`, layer.tar] as const)
  return [
    ...layers,
    [config, image.config.bytes],
    [
      'manifest.json',
      JSON.stringify([{ Config: config, RepoTags: tags, Layers: layers.map(([name]) => name) }]),
    ],
  ]
}

/** The entries of crane and kaniko: compressed layers at the top. */
export function craneEntries(image: BuiltImage, tags: readonly string[]): ArchiveEntry[] {
  const config = `sha256:${hexOf(image.config.bytes)}`
  const layers = image.layers.map(({ bytes }) => [`${hexOf(bytes)}.tar.gz`, bytes] as const)
  return [
    [config, image.config.bytes],
    ...layers,
    [
      'manifest.json',
      JSON.stringify([{ Config: config, RepoTags: tags, Layers: layers.map(([name]) => name) }]),
    ],
  ]
}

/** The entries of an archive of an OCI layout. */
export function layoutEntries(images: readonly (readonly [BuiltImage, string?])[]): ArchiveEntry[] {
  const blobs = new Map<string, Buffer>()
  for (const [{ manifest, config, layers }] of images)
    for (const { digest, bytes } of [manifest, config, ...layers]) blobs.set(digest, bytes)
  const manifests = images.map(([{ manifest }, name]) => ({
    ...{ mediaType: manifest.mediaType, digest: manifest.digest, size: manifest.bytes.length },
    ...(name !== undefined && { annotations: { 'org.opencontainers.image.ref.name': name } }),
  }))
  return [
    ['oci-layout', '{"imageLayoutVersion":"1.0.0"}'],
    ['index.json', JSON.stringify({ schemaVersion: 2, manifests })],
    ...[...blobs].map(([digest, bytes]) => [`blobs/${digest.replace(':', '/')}`, bytes] as const),
  ]
}
