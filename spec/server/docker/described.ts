/** Images of a store as the puller describes them, and the routes of Docker's API over them. */
import { Hono } from 'hono'
import { vi } from 'vitest'
import { type Digest, digestOf, formatPlatform, hostPlatform } from '../../../lib/image/index.js'
import type { DescribedImage } from '../../../pipelines/index.js'
import type { ServerParts } from '../../../server/api/routes.js'
import type { DockerBindings, DockerRoutes } from '../../../server/docker/bindings.js'
import { dockerFailure } from '../../../server/docker/failure.js'

export const digestFor = (text: string): Digest => digestOf(Buffer.from(text))

/** A layer of 100 bytes, 1,000 when it is unpacked. */
export const layerOf = (name: string, more: object = {}) => ({
  ...{ digest: digestFor(`blob of ${name}`), diffID: digestFor(name), size: 100, unpackedSize: 1_000 },
  ...more,
})

/** An image, which is that for this machine unless `platform` says otherwise. */
export const describedImage = (
  entry: string,
  name: string | undefined,
  {
    config = {},
    layers = [layerOf('base')],
    ...more
  }: Partial<Record<keyof DescribedImage, unknown>> & { config?: object; layers?: object[] } = {},
): DescribedImage =>
  ({
    ...{ entry, name, imageId: digestFor(`config of ${entry}`), platform: formatPlatform(hostPlatform()) },
    root: { mediaType: 'application/vnd.oci.image.index.v1+json', digest: digestFor(`root of ${entry}`) },
    manifest: { mediaType: 'a/manifest', digest: digestFor(`manifest of ${entry}`), size: 10 },
    config: {
      ...{ architecture: 'amd64', os: 'linux', created: '2024-01-01T00:00:00Z' },
      rootfs: { type: 'layers', diff_ids: layers.map((layer) => (layer as { diffID: Digest }).diffID) },
      ...config,
    },
    ...{ layers, configSize: 5 },
    ...more,
  }) as unknown as DescribedImage

/** Routes over images that are described, with the messages to watchers. */
export function routesOver(
  add: (routes: DockerRoutes, parts: ServerParts) => void,
  { described = [] as readonly DescribedImage[], content = {}, windlass = {}, running = [] as object[] } = {},
) {
  const append = vi.fn()
  const routes = new Hono<{ Bindings: DockerBindings }>()
  routes.onError((error, context) => dockerFailure(context, error))
  add(routes, {
    windlass: { content: { describe: () => Promise.resolve(described), ...content }, ...windlass },
    book: { running },
    feed: { append },
  } as unknown as ServerParts)
  const ask = async (
    method: string,
    path: string,
    { version = 51, ...init }: RequestInit & { version?: number } = {},
  ) => {
    const request = new Request(`http://docker${path}`, { method, ...init })
    const response = await routes.fetch(request, { version })
    const text = await response.text()
    return { status: response.status, text, json: () => JSON.parse(text) as never }
  }
  return { ask, append }
}
