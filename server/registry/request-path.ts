/** Parses the paths of the distribution API. */

/** What a path is about. */
export type RegistryTarget =
  | { readonly kind: 'ping' }
  | { readonly kind: 'manifest' | 'blob' | 'referrers'; readonly name: string; readonly reference: string }
  | { readonly kind: 'tags'; readonly name: string }
  | { readonly kind: 'upload'; readonly name: string }

const kinds = { manifests: 'manifest', blobs: 'blob', referrers: 'referrers' } as const

/** Parses the path of a request, as sent. Returns undefined if it is none of the API. */
export function registryTarget(path: string): RegistryTarget | undefined {
  const plain = decoded(path)
  if (plain === undefined) return undefined
  if (/^\/v2\/?$/.test(plain)) return { kind: 'ping' }
  // Names may contain words such as “blobs”: the last one counts.
  const [, uploads] = /^\/v2\/(.+)\/blobs\/uploads(?:\/.*)?$/.exec(plain) ?? []
  if (uploads !== undefined) return { kind: 'upload', name: uploads }
  const [, tagged] = /^\/v2\/(.+)\/tags\/list$/.exec(plain) ?? []
  if (tagged !== undefined) return { kind: 'tags', name: tagged }
  const [, name, word, reference] = /^\/v2\/(.+)\/(manifests|blobs|referrers)\/([^/]+)$/.exec(plain) ?? []
  if (name === undefined || word === undefined || reference === undefined) return undefined
  return { kind: kinds[word as keyof typeof kinds], name, reference }
}

/** Clients may send the colon of a digest as %3A. */
function decoded(path: string): string | undefined {
  try {
    return decodeURIComponent(path)
  } catch {
    return undefined
  }
}
