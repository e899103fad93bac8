import { parseManifest } from '../../lib/image/manifest/parse-manifest.js'
import { digestOf } from '../../lib/image/digest/digest.js'
import { mediaTypes } from '../../lib/image/documents/media-types.js'
import { parseImageConfig } from '../../lib/image/documents/parse-config.js'
import { checkTable } from '../../testbench/peers/check-table.js'
import { configs } from '../../testbench/peers/tables/configs.js'
import type { Document } from '../../testbench/peers/tables/documents.js'
import { manifestSchema } from '../../testbench/peers/tables/manifest-schema.js'
import { manifests } from '../../testbench/peers/tables/manifests.js'

const bytesOf = (body: unknown): Buffer => Buffer.from(typeof body === 'string' ? body : JSON.stringify(body))

const names: Readonly<Record<string, string>> = {
  [mediaTypes.ociManifest]: 'OCI image',
  [mediaTypes.ociIndex]: 'OCI index',
  [mediaTypes.dockerManifest]: 'Docker image',
  [mediaTypes.dockerManifestList]: 'Docker list',
  [mediaTypes.dockerSchema1]: 'schema 1',
}

function takenFor({ body, contentType, descriptorType, otherDigest = false }: Document): string {
  const bytes = bytesOf(body)
  const digest = digestOf(otherDigest ? Buffer.from('another') : bytes)
  const asked = descriptorType !== undefined || otherDigest
  const { descriptor } = parseManifest({
    bytes,
    contentType,
    expected: asked ? { digest, mediaType: descriptorType } : undefined,
    host: 'registry.example',
    reference: 'app',
  })
  return names[descriptor.mediaType] ?? descriptor.mediaType
}

checkTable(manifestSchema, takenFor)

checkTable(manifests, takenFor)

checkTable(configs, (config) => {
  parseImageConfig(bytesOf(config))
  return 'taken'
})
