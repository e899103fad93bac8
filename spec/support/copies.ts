/** Copies between embedded registries, with images for them. */
import { expect } from 'vitest'
import { Registries } from '../../lib/registry/index.js'
import {
  type BuiltImage,
  buildImage,
  buildIndex,
  putImage,
  startRegistry,
  type RegistryOptions,
  type TestRegistry,
} from '../../lib/testing/index.js'
import { type RanCopy, type RunCopy, runCopy } from './run-copy.js'

export const platform = (architecture: string) => ({ os: 'linux', architecture })
/** An image with one layer that all have, and one of its own. */
export const image = (part: string, architecture = 'amd64', size = 20_000): BuiltImage =>
  buildImage({
    platform: platform(architecture),
    layers: [
      { entries: [{ path: 'base', content: 'shared by all' }] },
      { entries: [{ path: part, content: Buffer.alloc(size, `${part} `) }], compression: 'none' },
    ],
  })
export const amd = image('amd')
export const arm = image('arm', 'arm64')
/** An index with an image, and an index with another one. */
export const index = buildIndex([amd, buildIndex([arm])])

export interface CopySetting {
  readonly from: TestRegistry
  readonly to: TestRegistry
  /** Runs a copy of `team/app` at the source to `mirror/app` at the target. */
  readonly copy: (tag: string, options?: Partial<RunCopy> & { readonly as?: string }) => Promise<RanCopy>
}

/** Two registries, or one that is both; the source has `amd` under `1` and `index` under `all`. */
export async function between(
  body: (setting: CopySetting) => Promise<void>,
  options: { readonly from?: RegistryOptions; readonly to?: RegistryOptions; readonly one?: boolean } = {},
): Promise<void> {
  const from = await startRegistry({ ...options.from, ...(options.one && { push: true }) })
  const to = options.one ? from : await startRegistry({ push: true, ...options.to })
  const registries = new Registries()
  const copy: CopySetting['copy'] = (tag, { as = tag, ...rest } = {}) =>
    runCopy({
      source: registries.repository({ registry: from.host, repository: 'team/app' }),
      from: tag,
      target: {
        name: `${to.host}/mirror/app:${as}`,
        sink: registries.target({ registry: to.host, repository: 'mirror/app' }),
        tag: as,
      },
      ...rest,
    })
  try {
    await putImage(from, 'team/app', '1', amd)
    await putImage(from, 'team/app', 'all', index)
    await body({ from, to, copy })
  } finally {
    await registries.close()
    await Promise.all([from.close(), to.close()])
  }
}

/** The requests of a registry, counted by `METHOD kind`. */
export const counts = ({ requests }: TestRegistry): Record<string, number> => {
  const found: Record<string, number> = {}
  for (const { method, kind } of requests)
    if (kind !== 'ping') found[`${method} ${kind}`] = (found[`${method} ${kind}`] ?? 0) + 1
  return found
}

/** What `mirror/app` has under a tag or digest. */
export const served = async (registry: TestRegistry, reference: string): Promise<Buffer> => {
  const answer = await fetch(`${registry.url}/v2/mirror/app/manifests/${reference}`)
  expect(answer.status).toBe(200)
  return Buffer.from(await answer.arrayBuffer())
}
