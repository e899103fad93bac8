/** An embedded registry and a client of it, both closed at the end, whatever happens. */
import { Buffer } from 'node:buffer'
import type { Descriptor } from '../../lib/image/documents/descriptor.js'
import { parseDigest } from '../../lib/image/digest/digest.js'
import type { BlobBody } from '../../lib/image/source.js'
import { Registries, type RegistriesOptions, type Repository } from '../../lib/registry/index.js'
import { startRegistry, type RegistryOptions, type TestRegistry } from '../../lib/testing/registry/index.js'

export const manifestType = 'application/vnd.oci.image.manifest.v1+json'
export const manifest = Buffer.from('{"schemaVersion": 2}')
export const content = Buffer.from(Array.from({ length: 100_000 }, (_, at) => at % 251))

export interface Setting {
  readonly registry: TestRegistry
  readonly registries: Registries
  /** `team/app`, which has `manifest` under `latest` and `content` as a blob. */
  readonly repository: Repository
  readonly blob: Descriptor
}

export async function withRegistry(
  options: RegistryOptions,
  client: RegistriesOptions | ((registry: TestRegistry) => RegistriesOptions),
  body: (setting: Setting) => Promise<void>,
): Promise<void> {
  const registry = await startRegistry(options)
  const registries = new Registries(typeof client === 'function' ? client(registry) : client)
  try {
    const digest = registry.putBlob(content)
    registry.putManifest('team/app', 'latest', manifest, manifestType)
    const repository = registries.repository({ registry: registry.host, repository: 'team/app' })
    await body({ registry, registries, repository, blob: descriptor(digest) })
  } finally {
    await registries.close()
    await registry.close()
  }
}

export const descriptor = (digest: string, size = content.length): Descriptor => ({
  mediaType: 'application/vnd.oci.image.layer.v1.tar',
  digest: parseDigest(digest),
  size,
})

export async function bytesOf({ stream }: Pick<BlobBody, 'stream'>): Promise<Buffer> {
  const chunks: Buffer[] = []
  for await (const chunk of stream as AsyncIterable<Buffer>) chunks.push(chunk)
  return Buffer.concat(chunks)
}

/** Requests as `kind status`, without the question for the scheme that begins every talk with a loopback registry. */
export const talk = ({ requests }: TestRegistry): string[] =>
  requests.filter(({ kind }) => kind !== 'ping').map(({ kind, status }) => `${kind} ${status ?? '-'}`)
