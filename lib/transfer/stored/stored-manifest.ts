/**
 * Reads manifests that the store has, so that a registry need not send them again. Registries limit how many manifests a
 * client may fetch, and do not count HEAD requests (Docker Hub, "Usage and limits").
 */
import {
  type Descriptor,
  type Digest,
  type ImageSource,
  type ManifestRequest,
  parseManifest,
} from '../../image/index.js'
import { type Limits, defaultLimits } from '../../limits.js'
import type { Store } from '../../store/index.js'
import { type Control, pausable } from '../../flow/index.js'
import type { FetchedDocument } from '../documents/manifest-document.js'

/** An image that may be in the store. Implemented by `ImageRequest`. */
export interface StoredOrigin {
  readonly source: ImageSource
  readonly name: string
  /** Tag or digest. */
  readonly target: string
  readonly limits?: Limits
  readonly control?: Control
}

/** Options of `storedRoot`. */
export interface StoredRootOptions extends Pick<ManifestRequest, 'onWarning' | 'onRequest'> {
  readonly signal: AbortSignal
}

/**
 * Returns the manifest or index that a name refers to, from the store, if the source confirms by a HEAD request that the name still
 * refers to it. Returns undefined if the store has no such name, if the name has moved, if the source states no digest, or if the
 * stored manifest cannot be used: then it has to be fetched.
 * @throws network errors of the source; errors of the store
 */
export async function storedRoot(
  { source, name, target, limits = defaultLimits, control }: StoredOrigin,
  store: Store,
  { signal, onWarning, onRequest }: StoredRootOptions,
): Promise<FetchedDocument | undefined> {
  if (!source.head) return undefined
  const named = await store.names.get(name)
  const digest = named?.rootDigest ?? named?.descriptor.digest
  if (digest === undefined || !(await store.blobs.has(digest))) return undefined
  const options = { onWarning, onRequest, onlyHead: true }
  const stated = await pausable(control, signal, async (runSignal) =>
    source.head?.(target, { ...options, signal: runSignal }),
  )
  if (stated?.digest !== digest) return undefined
  const { host, isMirror, rateLimit } = stated
  const mediaType = named?.rootMediaType ?? named?.descriptor.mediaType
  const document = await readStored({ digest, mediaType }, { name, host, limits }, store)
  return document && { document, host, isMirror, rateLimit }
}

/** The image that a manifest belongs to, and the host for errors and events. */
export interface ChildOrigin {
  readonly name: string
  /** The host that confirmed the index. */
  readonly host: string
  readonly limits?: Limits | undefined
}

/**
 * Returns a manifest of an index from the store; undefined if the store does not have it or it cannot be used.
 */
export async function storedChild(
  descriptor: Descriptor,
  { name, host, limits = defaultLimits }: ChildOrigin,
  store: Store,
): Promise<FetchedDocument | undefined> {
  if (!(await store.blobs.has(descriptor.digest, descriptor.size))) return undefined
  const document = await readStored(descriptor, { name, host, limits }, store)
  return document && { document, host, rateLimit: undefined }
}

/** A file that does not match its digest, or that cannot be parsed, is not used: fetching it replaces or explains it. */
async function readStored(
  { digest, mediaType }: { readonly digest: Digest; readonly mediaType: string | undefined },
  { name, host, limits }: { readonly name: string; readonly host: string; readonly limits: Limits },
  store: Store,
): Promise<FetchedDocument['document'] | undefined> {
  try {
    const bytes = await store.blobs.read(digest, limits.manifestBytes)
    return parseManifest({
      ...{ bytes, contentType: mediaType, host, reference: name, limits },
      expected: { digest },
    })
  } catch {
    return undefined
  }
}
