/** Accepts pushes of manifests to the embedded registry (distribution spec, "Pushing Manifests"). */
import { digestOf, isDigest, algorithmOf } from '../../image/digest/digest.js'
import { readSubject } from '../../image/documents/subject.js'
import { answer, problem, type Answer } from './answer.js'
import type { Contents } from './contents.js'
import type { RequestLogEntry } from './request-log.js'

/** Stores a pushed manifest and returns the response. Refuses it if a blob or manifest that it refers to is missing. */
export function takeManifest(
  { repository, reference, headers }: RequestLogEntry,
  body: Buffer,
  contents: Contents,
  { referrers = false }: { readonly referrers?: boolean } = {},
): Answer {
  const algorithm = isDigest(reference) ? algorithmOf(reference) : 'sha256'
  const digest = digestOf(body, algorithm)
  if (isDigest(reference) && reference !== digest)
    return problem(400, 'DIGEST_INVALID', 'provided digest did not match uploaded content')
  const referred = referencesOf(body)
  if (referred === undefined) return problem(400, 'MANIFEST_INVALID', 'manifest invalid')
  const blob = referred.blobs.find((each) => contents.blobOf(repository, each) === undefined)
  if (blob !== undefined) return problem(404, 'MANIFEST_BLOB_UNKNOWN', `blob unknown to registry: ${blob}`)
  const child = referred.manifests.find((each) => contents.manifest(repository, each) === undefined)
  if (child !== undefined) return problem(404, 'MANIFEST_UNKNOWN', `manifest unknown: ${child}`)
  contents.putManifest(repository, digest, body, headers['content-type'] ?? '')
  contents.putManifest(repository, reference, body, headers['content-type'] ?? '')
  const subject = referrers ? readSubject(body) : undefined
  return answer(201, {
    location: `/v2/${repository}/manifests/${digest}`,
    'docker-content-digest': digest,
    ...(subject !== undefined && { 'oci-subject': subject }),
  })
}

interface References {
  readonly blobs: readonly string[]
  readonly manifests: readonly string[]
}

/** Returns the digests in a manifest or an index; undefined if it is neither. */
function referencesOf(body: Buffer): References | undefined {
  let json: unknown
  try {
    json = JSON.parse(body.toString('utf8'))
  } catch {
    return undefined
  }
  if (typeof json !== 'object' || json === null) return undefined
  const fields = new Map<string, unknown>(Object.entries(json))
  const manifests = fields.get('manifests')
  if (Array.isArray(manifests)) return { blobs: [], manifests: manifests.flatMap(digestIn) }
  const layers = fields.get('layers')
  if (!Array.isArray(layers)) return undefined
  return { blobs: [fields.get('config'), ...(layers as unknown[])].flatMap(digestIn), manifests: [] }
}

/** Returns the digest of a descriptor; none for a foreign layer, which has `urls` and need not be in the registry. */
function digestIn(descriptor: unknown): string[] {
  if (typeof descriptor !== 'object' || descriptor === null) return []
  const fields = new Map<string, unknown>(Object.entries(descriptor))
  const digest = fields.get('digest')
  return typeof digest === 'string' && !fields.has('urls') ? [digest] : []
}
