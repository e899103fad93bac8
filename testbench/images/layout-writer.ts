/** Writes an OCI image layout, and skopeo's `dir:` form for schema 2, which a layout has no place for. */
import { createHash } from 'node:crypto'
import { copyFile, link, mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { LayerBlob } from './layer-blobs.js'
import type { BlobInfo } from './test-image.js'

export interface NamedManifest extends BlobInfo {
  readonly name: string
  readonly mediaType: string
}

export const jsonBlob = (value: object): BlobInfo & { readonly bytes: Buffer } => {
  const bytes = Buffer.from(JSON.stringify(value))
  return { bytes, digest: `sha256:${createHash('sha256').update(bytes).digest('hex')}`, size: bytes.length }
}

const hex = (digest: string): string => digest.slice('sha256:'.length)

/** A link, for the cache is one file system; an odd one without links gets a copy. The same blob twice is once. */
const place = async (from: string, to: string): Promise<void> => {
  await link(from, to).catch(async (error: unknown) => {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') await copyFile(from, to)
  })
}

export async function writeLayout(
  directory: string,
  layers: readonly LayerBlob[],
  documents: readonly (BlobInfo & { readonly bytes: Buffer })[],
  names: readonly NamedManifest[],
): Promise<void> {
  const blobs = join(directory, 'blobs', 'sha256')
  await mkdir(blobs, { recursive: true })
  for (const layer of layers) await place(layer.path, join(blobs, hex(layer.digest)))
  for (const document of documents) await writeFile(join(blobs, hex(document.digest)), document.bytes)
  const manifests = names.map(({ name, mediaType, digest, size }) => ({
    mediaType,
    digest,
    size,
    annotations: { 'org.opencontainers.image.ref.name': name },
  }))
  await writeFile(join(directory, 'oci-layout'), '{"imageLayoutVersion":"1.0.0"}')
  await writeFile(join(directory, 'index.json'), JSON.stringify({ schemaVersion: 2, manifests }))
}

/** containers/image's directory transport: the manifest beside blobs that are named by their hex. */
export async function writeDirTransport(
  directory: string,
  layers: readonly LayerBlob[],
  config: BlobInfo & { readonly bytes: Buffer },
  manifest: Buffer,
): Promise<void> {
  await mkdir(directory, { recursive: true })
  for (const layer of layers) await place(layer.path, join(directory, hex(layer.digest)))
  await writeFile(join(directory, hex(config.digest)), config.bytes)
  await writeFile(join(directory, 'manifest.json'), manifest)
  await writeFile(join(directory, 'version'), 'Directory Transport Version: 1.1\n')
}
