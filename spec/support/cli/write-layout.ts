/** Writes an image as an OCI layout, under any name. */
import { mkdir, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { hexOf } from '../../../lib/image/index.js'
import type { BuiltImage } from '../../../lib/testing/images/index.js'

export async function writeLayout(
  directory: string,
  { manifest, blobs }: BuiltImage,
  name: string,
): Promise<void> {
  const folder = path.join(directory, 'blobs', 'sha256')
  await mkdir(folder, { recursive: true })
  for (const [digest, bytes] of blobs) await writeFile(path.join(folder, hexOf(digest)), bytes)
  await writeFile(path.join(folder, hexOf(manifest.digest)), manifest.bytes)
  const entry = {
    mediaType: manifest.mediaType,
    digest: manifest.digest,
    size: manifest.bytes.length,
    annotations: { 'org.opencontainers.image.ref.name': name },
  }
  await writeFile(
    path.join(directory, 'index.json'),
    JSON.stringify({ schemaVersion: 2, manifests: [entry] }),
  )
  await writeFile(path.join(directory, 'oci-layout'), '{"imageLayoutVersion":"1.0.0"}')
}
