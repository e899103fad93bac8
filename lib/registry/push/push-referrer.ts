/** Pushes manifests that refer to another one (distribution-spec 1.1, "Pushing Manifests with Subject"). */
import { WindlassError } from '../../errors.js'
import { parseJson } from '../../codec/json.js'
import { type JsonObject, isObject } from '../../codec/json-object.js'
import { type Digest, digestOf } from '../../image/digest/digest.js'
import type { Descriptor } from '../../image/documents/descriptor.js'
import { mediaTypes } from '../../image/documents/media-types.js'
import { decodeIndex } from '../../image/documents/image-index.js'
import { referrersTag } from '../../image/reference/referrers-tag.js'
import type { SinkRequest } from '../../image/sink.js'
import { fetchManifest } from '../api/manifests.js'
import type { RepositoryContext } from '../api/repository-context.js'
import { displayName } from '../policy/registry-name.js'
import { pushManifest } from './push-manifest.js'

/** A manifest with its subject. The descriptor states its artifact type and annotations. */
export interface Referrer {
  readonly bytes: Buffer
  readonly descriptor: Descriptor
  readonly subject: Digest
}

/** Changes of the index of one subject, by its tag. They run one after another, so that none is lost. */
const changes = new Map<string, Promise<void>>()

/**
 * Pushes a manifest with a subject. If the registry does not say that it lists the manifest (`OCI-Subject`), adds it to
 * the index under the tag `referrersTag(subject)`. Another program that changes that index at the same time may undo
 * the change: the specification has no remedy.
 * @throws errors of `pushManifest` and `fetchManifest`; MANIFEST_INVALID when the tag points at something else
 */
export async function pushReferrer(
  context: RepositoryContext,
  { bytes, descriptor, subject }: Referrer,
  request: SinkRequest,
): Promise<void> {
  const { isListed } = await pushManifest(context, bytes, descriptor, request)
  if (isListed) return
  const key = `${context.registry}/${context.repository}:${referrersTag(subject)}`
  const change = (changes.get(key) ?? Promise.resolve())
    .catch(() => undefined) // the failure belongs to another push
    .then(() => addToIndex(context, descriptor, subject, request))
  changes.set(key, change)
  try {
    await change
  } finally {
    if (changes.get(key) === change) changes.delete(key)
  }
}

async function addToIndex(
  context: RepositoryContext,
  descriptor: Descriptor,
  subject: Digest,
  request: SinkRequest,
): Promise<void> {
  const tag = referrersTag(subject)
  const document = await indexAt(context, tag, request)
  // Go writes null for an empty list.
  const listed = (document['manifests'] ?? []) as readonly unknown[]
  if (listed.some((entry) => isObject(entry) && entry['digest'] === descriptor.digest)) return
  const manifests = [...listed, descriptor]
  const index = Buffer.from(
    JSON.stringify({ schemaVersion: 2, mediaType: mediaTypes.ociIndex, ...document, manifests }),
  )
  const about = { mediaType: mediaTypes.ociIndex, digest: digestOf(index), size: index.length }
  await pushManifest(context, index, about, { ...request, tag })
}

/** Returns the index at `tag`, with fields and entries of any kind; an empty object if there is no such tag. */
async function indexAt(
  context: RepositoryContext,
  tag: string,
  { signal, onWarning }: SinkRequest,
): Promise<JsonObject> {
  const what = `the list of referrers ${displayName(context, tag)}`
  const about = { code: 'MANIFEST_INVALID', what, subject: { host: context.registry } } as const
  try {
    const { bytes } = await fetchManifest(context, tag, { ...(signal && { signal }), onWarning })
    const document = parseJson(bytes, about)
    decodeIndex(document, about)
    return document as JsonObject // `decodeIndex` accepts only objects
  } catch (error) {
    const code = error instanceof WindlassError ? error.code : undefined
    if (code === 'MANIFEST_UNKNOWN' || code === 'NAME_UNKNOWN') return {}
    throw error
  }
}
