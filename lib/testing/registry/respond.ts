/** Responds to authorised read requests to the embedded registry (distribution spec, "Endpoints"). */
import { mediaTypes } from '../../image/documents/media-types.js'
import { answer, json, problem, type Answer } from './answer.js'
import type { Contents } from './contents.js'
import { respondRange } from './range.js'
import type { RequestLogEntry } from './request-log.js'

/** Contents and settings for `respond`. */
export interface RespondOptions {
  readonly contents: Contents
  /** URL of the registry. */
  readonly base: string
  /** Maximum number of tags per page. A client can request fewer. */
  readonly pageSize: number
  /** Whether the registry has the referrers API. */
  readonly referrers: boolean
  /** See `RegistryOptions.removal`. */
  readonly removal: 'tags' | 'digests' | 'none'
}

/** Returns the response to a request. */
export function respond(request: RequestLogEntry, options: RespondOptions): Answer {
  if (request.method === 'DELETE' && request.kind === 'manifest') return removeManifest(request, options)
  if (request.method !== 'GET' && request.method !== 'HEAD')
    return problem(405, 'UNSUPPORTED', 'this registry does not accept pushes')
  switch (request.kind) {
    case 'ping':
      return json(200, {})
    case 'manifest':
      return manifest(request, options)
    case 'blob':
      return blob(request, options)
    case 'tags':
      return tags(request, options)
    case 'referrers':
      return options.referrers ? referrers(request, options) : problem(404, 'UNSUPPORTED', 'no such endpoint')
    case 'token':
    case 'upload':
    case 'other':
      return problem(404, 'UNSUPPORTED', 'no such endpoint')
  }
}

function manifest({ repository, reference, headers }: RequestLogEntry, { contents }: RespondOptions): Answer {
  if (!contents.hasRepository(repository)) return unknownName()
  const found = contents.manifest(repository, reference)
  if (found === undefined) return problem(404, 'MANIFEST_UNKNOWN', 'manifest unknown')
  const { bytes, digest, mediaType } = found
  const etag = `"${digest}"`
  const common = { 'docker-content-digest': digest, etag }
  if (headers['if-none-match'] === etag) return answer(304, common)
  return answer(200, mediaType === '' ? common : { ...common, 'content-type': mediaType }, bytes)
}

/** Removes a tag or a manifest (distribution spec, "Deleting Tags", "Deleting Manifests"). */
function removeManifest(
  { repository, reference }: RequestLogEntry,
  { contents, removal }: RespondOptions,
): Answer {
  if (removal === 'none') return problem(405, 'UNSUPPORTED', 'the operation is unsupported')
  const isDigest = reference.includes(':')
  // So does Docker's registry before version 3.
  if (!isDigest && removal === 'digests')
    return problem(400, 'DIGEST_INVALID', 'provided digest did not match uploaded content')
  const existed = isDigest
    ? contents.removeManifest(repository, reference)
    : contents.removeTag(repository, reference)
  return existed ? answer(202, {}) : problem(404, 'MANIFEST_UNKNOWN', 'manifest unknown')
}

function blob({ repository, reference, headers }: RequestLogEntry, { contents }: RespondOptions): Answer {
  const bytes = contents.blobOf(repository, reference)
  if (bytes === undefined) return problem(404, 'BLOB_UNKNOWN', 'blob unknown to registry')
  const about = {
    'content-type': 'application/octet-stream',
    'docker-content-digest': reference,
    'accept-ranges': 'bytes',
    etag: `"${reference}"`,
  }
  return respondRange(bytes, about, { range: headers['range'], ifRange: headers['if-range'] })
}

function tags({ repository, url }: RequestLogEntry, { contents, base, pageSize }: RespondOptions): Answer {
  if (!contents.hasRepository(repository)) return unknownName()
  const query = new URL(url, base).searchParams
  const last = query.get('last') ?? ''
  const requested = Number(query.get('n') ?? pageSize)
  const n = Number.isInteger(requested) && requested >= 0 ? Math.min(requested, pageSize) : pageSize
  const rest = contents.tags(repository).filter((tag) => tag > last)
  const page = rest.slice(0, n)
  const end = page.at(-1)
  const more = end !== undefined && rest.length > page.length
  const next = `/v2/${repository}/tags/list?n=${n}&last=${encodeURIComponent(end ?? '')}`
  return json(200, { name: repository, tags: page }, more ? { link: `<${next}>; rel="next"` } : {})
}

/** Lists the manifests with the requested subject (distribution spec, "Listing Referrers"). Pages are as for tags. */
function referrers(
  { repository, reference, url }: RequestLogEntry,
  { contents, base, pageSize }: RespondOptions,
): Answer {
  const query = new URL(url, base).searchParams
  const artifactType = query.get('artifactType')
  const last = query.get('last') ?? ''
  const all = contents
    .referrers(repository, reference)
    .filter((each) => artifactType === null || each.artifactType === artifactType)
    .filter(({ digest }) => digest > last)
  const page = all.slice(0, pageSize)
  const end = page.at(-1)?.digest ?? ''
  const filter = artifactType === null ? '' : `&artifactType=${encodeURIComponent(artifactType)}`
  const next = `/v2/${repository}/referrers/${reference}?last=${encodeURIComponent(end)}${filter}`
  const index = { schemaVersion: 2, mediaType: mediaTypes.ociIndex, manifests: page }
  return answer(
    200,
    {
      'content-type': mediaTypes.ociIndex,
      ...(artifactType !== null && { 'oci-filters-applied': 'artifactType' }),
      ...(all.length > page.length && { link: `<${next}>; rel="next"` }),
    },
    Buffer.from(JSON.stringify(index)),
  )
}

const unknownName = (): Answer => problem(404, 'NAME_UNKNOWN', 'repository name not known to registry')
