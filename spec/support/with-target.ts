/** An embedded registry that takes pushes, and a client of it, both closed at the end, whatever happens. */
import { Readable } from 'node:stream'
import { type Descriptor, digestOf } from '../../lib/image/index.js'
import { Registries, type RegistriesOptions, type TargetRepository } from '../../lib/registry/index.js'
import { startRegistry, type RegistryOptions, type TestRegistry } from '../../lib/testing/registry/index.js'

export interface TargetSetting {
  readonly registry: TestRegistry
  readonly registries: Registries
  /** `team/app`, which is empty. */
  readonly target: TargetRepository
}

export async function withTarget(
  options: RegistryOptions,
  client: RegistriesOptions,
  body: (setting: TargetSetting) => Promise<void>,
): Promise<void> {
  const registry = await startRegistry({ push: true, ...options })
  const registries = new Registries(client)
  try {
    const target = registries.target({ registry: registry.host, repository: 'team/app' })
    await body({ registry, registries, target })
  } finally {
    await registries.close()
    await registry.close()
  }
}

export const blobOf = (bytes: Buffer): Descriptor => ({
  mediaType: 'application/octet-stream',
  digest: digestOf(bytes),
  size: bytes.length,
})

/** Opens `bytes` as a stream of chunks of 64 KiB. */
export const opening =
  (bytes: Buffer, chunkBytes = 64 * 1024) =>
  (): Promise<Readable> =>
    Promise.resolve(
      Readable.from(
        Array.from({ length: Math.ceil(bytes.length / chunkBytes) }, (_, at) =>
          bytes.subarray(at * chunkBytes, (at + 1) * chunkBytes),
        ),
        { objectMode: false },
      ),
    )

/** Requests as `METHOD kind status`, without the question for the scheme. */
export const traffic = ({ requests }: TestRegistry): string[] =>
  requests
    .filter(({ kind }) => kind !== 'ping')
    .map(({ method, kind, status }) => `${method} ${kind} ${status ?? '-'}`)
