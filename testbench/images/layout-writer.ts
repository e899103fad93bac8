/** Writes an OCI image layout, and skopeo's `dir:` format for schema 2, which a layout cannot contain. */
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

/** Links a blob, or copies it on a file system without hard links. An existing blob is kept. */
const linkOrCopy = async (from: string, to: string): Promise<void> => {
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
  for (const layer of layers) await linkOrCopy(layer.path, join(blobs, hex(layer.digest)))
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

/** Writes the directory transport of containers/image: the manifest, and blobs named by their hex digest. */
export async function writeDirTransport(
  directory: string,
  layers: readonly LayerBlob[],
  config: BlobInfo & { readonly bytes: Buffer },
  manifest: Buffer,
): Promise<void> {
  await mkdir(directory, { recursive: true })
  for (const layer of layers) await linkOrCopy(layer.path, join(directory, hex(layer.digest)))
  await writeFile(join(directory, hex(config.digest)), config.bytes)
  await writeFile(join(directory, 'manifest.json'), manifest)
  await writeFile(join(directory, 'version'), 'Directory Transport Version: 1.1\n')
}
