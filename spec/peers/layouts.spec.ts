import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { digestOf, hexOf } from '../../lib/image/digest/digest.js'
import { parseImageName } from '../../lib/image/reference/image-name.js'
import { mediaTypes } from '../../lib/image/documents/media-types.js'
import { LayoutSource } from '../../lib/sources/layout-source.js'
import { checkTable } from '../../testbench/peers/check-table.js'
import { imageNames } from '../../testbench/peers/tables/image-names.js'
import { type LayoutCase, type LayoutEntry, layouts } from '../../testbench/peers/tables/layouts.js'

checkTable(imageNames, (text) => {
  const named = parseImageName(text)
  if (named.kind === 'registry') return named.reference.toString()
  const image = named.position === undefined ? named.name : `@${named.position}`
  return `${named.path}, ${image ?? 'the only image'}`
})

checkTable(layouts, async (layout) => {
  const directory = mkdtempSync(path.join(tmpdir(), 'windlass-peers-'))
  try {
    write(layout, directory)
    const { bytes } = await new LayoutSource(directory).manifest(layout.asked)
    return bytes.toString()
  } finally {
    rmSync(directory, { recursive: true })
  }
})

function write({ index, header = '{"imageLayoutVersion":"1.0.0"}' }: LayoutCase, directory: string): void {
  const blobs = path.join(directory, 'blobs', 'sha256')
  mkdirSync(blobs, { recursive: true })
  writeFileSync(path.join(directory, 'oci-layout'), header)
  if (index === undefined) return
  const document =
    typeof index === 'string'
      ? index
      : JSON.stringify({
          schemaVersion: 2,
          manifests: index.map((entry) => writeBlob(entry, directory, blobs)),
        })
  writeFileSync(path.join(directory, 'index.json'), document)
}

function writeBlob(
  { content, name, mediaType, linked }: LayoutEntry,
  directory: string,
  blobs: string,
): object {
  const digest = digestOf(Buffer.from(content))
  const blob = path.join(blobs, hexOf(digest))
  const file = linked === true ? path.join(directory, 'elsewhere') : blob
  writeFileSync(file, content)
  if (linked === true) symlinkSync(file, blob)
  return {
    mediaType: mediaType ?? mediaTypes.ociManifest,
    digest,
    size: content.length,
    ...(name !== undefined && { annotations: { 'org.opencontainers.image.ref.name': name } }),
  }
}
