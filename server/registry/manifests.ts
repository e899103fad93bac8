/** Answers requests for manifests, the list of tags, and referrers (distribution-spec 1.1). */
import type { Context } from 'hono'
import { isDigest, isTag, mediaTypes, parseMediaType } from '../../lib/image/index.js'
import { listsTag } from './byte-range.js'
import { problem } from './problem.js'
import type { ServedManifest } from './repository-contents.js'
import type { ServedRepository, ServedStore } from './served-store.js'

/** Answers GET and HEAD of a manifest, by tag or digest. */
export async function sendManifest(
  context: Context,
  store: ServedStore,
  repository: ServedRepository,
  reference: string,
): Promise<Response> {
  const unknown = (why: string): Response =>
    problem(context, 404, 'MANIFEST_UNKNOWN', `This store has no manifest ${reference}: ${why}`)
  if (!isDigest(reference) && !isTag(reference)) return unknown('it is neither a tag nor a digest')
  const found = await manifestsAt(store, repository, reference)
  if (found.length === 0) return unknown('no name of the repository leads to it')
  // Whoever asks for a digest wants these bytes, whatever their type.
  const accepted = isDigest(reference) ? found[0] : found.find(({ mediaType }) => accepts(context, mediaType))
  if (!accepted) return unknown(`as a type that the client accepts; it is ${found[0]!.mediaType}`)
  const document = await store.files.document(accepted.digest)
  if (!document) return unknown('its file is missing or damaged')
  const etag = `"${accepted.digest}"`
  const headers = {
    'docker-content-digest': accepted.digest,
    etag,
    'cache-control': isDigest(reference) ? 'max-age=31536000, immutable' : 'no-cache',
    vary: 'accept',
  }
  if (context.req.method !== 'HEAD') await store.files.markUsed(accepted.digest)
  if (listsTag(context.req.header('if-none-match'), etag)) return new Response(null, { status: 304, headers })
  return new Response(context.req.method === 'HEAD' ? null : new Uint8Array(document.bytes), {
    headers: {
      ...headers,
      'content-type': accepted.mediaType,
      'content-length': String(document.bytes.length),
    },
  })
}

/** Returns the manifests that a reference stands for, preferred first. */
async function manifestsAt(
  store: ServedStore,
  repository: ServedRepository,
  reference: string,
): Promise<readonly ServedManifest[]> {
  if (!isDigest(reference)) return repository.contents.tags.get(reference) ?? []
  const manifest = (await store.refreshed(repository, reference)).manifests.get(reference)
  return manifest ? [manifest] : []
}

/** Reports whether the header `Accept` lists a media type. Without the header, all are accepted. */
function accepts(context: Context, mediaType: string): boolean {
  const accept = context.req.header('accept') ?? ''
  if (accept.trim() === '') return true
  return accept.split(',').some((each) => {
    const type = parseMediaType(each)
    return type === '*/*' || type === 'application/*' || type === mediaType
  })
}

/** Answers GET and HEAD of the list of tags, in the order of their bytes. `n` and `last` select a page. */
export function sendTags(context: Context, { contents }: ServedRepository, name: string): Response {
  const { n, last = '' } = context.req.query()
  const tags = [...contents.tags.keys()].filter((tag) => tag > last).sort()
  if (n !== undefined && !/^\d{1,9}$/.test(n))
    return problem(context, 400, 'PAGINATION_NUMBER_INVALID', 'The parameter n is not a number of tags')
  const page = n === undefined ? tags : tags.slice(0, Number(n))
  if (page.length > 0 && page.length < tags.length) {
    const next = new URLSearchParams({ ...context.req.query(), last: page.at(-1)! })
    context.header('link', `</v2/${name}/tags/list?${next.toString()}>; rel="next"`)
  }
  return context.json({ name, tags: page })
}

/** Answers GET and HEAD of the referrers of a manifest: an index of what is attached to it. */
export function sendReferrers(context: Context, { contents }: ServedRepository, digest: string): Response {
  if (!isDigest(digest)) return problem(context, 400, 'DIGEST_INVALID', 'The subject is not a digest')
  const only = context.req.query('artifactType')
  const manifests = [...contents.manifests.values()]
    .filter(
      ({ subject, artifactType }) => subject === digest && (only === undefined || artifactType === only),
    )
    .map(({ mediaType, digest: own, size, artifactType, annotations }) => ({
      ...{ mediaType, digest: own, size },
      ...(artifactType !== undefined && { artifactType }),
      ...(annotations !== undefined && { annotations }),
    }))
  if (only !== undefined) context.header('oci-filters-applied', 'artifactType')
  return context.body(JSON.stringify({ schemaVersion: 2, mediaType: mediaTypes.ociIndex, manifests }), 200, {
    'content-type': mediaTypes.ociIndex,
  })
}
