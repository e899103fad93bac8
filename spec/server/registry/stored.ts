/** A store made in code, and requests to the registry that serves it. */
import { openStore } from '../../../lib/store/index.js'
import type { NamedImage } from '../../../lib/store/index.js'
import { type Descriptor, digestOf, mediaTypes } from '../../../lib/image/index.js'
import type { BuiltImage, BuiltIndex } from '../../../lib/testing/images/index.js'
import { registryOf, registryRoutes, type RegistryOptions } from '../../../server/registry/routes.js'
import type { RegistryAccess } from '../../../server/registry/access.js'

/** Returns the descriptor of a document. */
export const descriptorOf = ({ mediaType, digest, size }: BuiltImage['manifest']): Descriptor => ({
  ...{ mediaType, digest, size },
})

/** Puts images under their names into the store in `directory`. An image of an index is stored with the index. */
export async function putInStore(
  directory: string,
  named: Readonly<Record<string, BuiltImage | { readonly index: BuiltIndex; readonly image: BuiltImage }>>,
): Promise<void> {
  const store = await openStore(directory)
  try {
    for (const [name, each] of Object.entries(named)) {
      const image = 'index' in each ? each.image : each
      for (const [digest, bytes] of image.blobs) await store.blobs.put(digest, bytes)
      await store.blobs.put(image.manifest.digest, image.manifest.bytes)
      const root = 'index' in each ? each.index.manifest : undefined
      if (root) await store.blobs.put(root.digest, root.bytes)
      const entry: NamedImage = {
        ...{ name, typed: name, descriptor: descriptorOf(image.manifest) },
        ...(root && { rootDigest: root.digest, rootMediaType: root.mediaType }),
      }
      await store.names.set(entry)
    }
  } finally {
    await store.close()
  }
}

/** Puts a manifest without layers into the store, which is attached to `subject`. Returns its descriptor. */
export async function putAttached(
  directory: string,
  subject: Descriptor,
  artifactType: string,
  name?: string,
): Promise<Descriptor> {
  const store = await openStore(directory)
  try {
    const empty = Buffer.from('{}')
    const config = { mediaType: mediaTypes.ociEmpty, digest: digestOf(empty), size: empty.length }
    const bytes = Buffer.from(
      JSON.stringify({
        ...{
          schemaVersion: 2,
          mediaType: mediaTypes.ociManifest,
          artifactType,
          config,
          layers: [config],
          subject,
        },
        annotations: { about: artifactType },
      }),
    )
    const descriptor = { mediaType: mediaTypes.ociManifest, digest: digestOf(bytes), size: bytes.length }
    await store.blobs.put(config.digest, empty)
    await store.blobs.put(descriptor.digest, bytes)
    if (name !== undefined) await store.names.set({ name, typed: name, descriptor })
    return descriptor
  } finally {
    await store.close()
  }
}

/** Requests to a registry, without a socket. */
export interface Served {
  readonly sender: ReturnType<typeof registryOf>
  /** Sends a request for a path below `/v2/`. */
  readonly get: (
    path: string,
    headers?: Readonly<Record<string, string>>,
    method?: string,
  ) => Promise<Response>
  /** As `get`, without the body. */
  readonly status: (...request: Parameters<Served['get']>) => Promise<number>
}

/** Serves the store in `directory`. */
export function served(
  directory: string,
  options: RegistryOptions = {},
  access: RegistryAccess = { check: undefined, hosts: undefined },
): Served {
  const sender = registryOf(directory, options)
  const routes = registryRoutes(sender, access)
  const get: Served['get'] = async (path, headers = {}, method = 'GET') =>
    routes.request(`http://127.0.0.1:1/v2/${path}`, { method, headers })
  return {
    ...{ sender, get },
    status: async (...request) => {
      const { status, body } = await get(...request)
      await body?.cancel()
      return status
    },
  }
}
