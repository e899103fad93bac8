/** Answers requests for blobs, whole or in part (distribution-spec 1.1, “Pulling blobs”). */
import type { ServerResponse } from 'node:http'
import type { Context } from 'hono'
import { isDigest } from '../../lib/image/index.js'
import { blobBody } from './blob-body.js'
import { listsTag, wantedPart } from './byte-range.js'
import { problem } from './problem.js'
import type { ServedRepository, ServedStore } from './served-store.js'
import type { UploadSlots } from './upload-slots.js'

/** What the addresses of a server share. */
export interface BlobSender {
  readonly store: ServedStore
  readonly slots: UploadSlots
  /** Milliseconds for which a client may take nothing of a blob. */
  readonly stallTimeout: number
  /** Requests of each address that are answered per second in the long run, and at once. */
  readonly rate: { readonly perSecond: number; readonly burst: number }
}

/** Seconds after which a client is asked to try again when all slots are used. */
const retryAfter = '1'

/** Answers GET and HEAD of a blob. */
export async function sendBlob(
  context: Context,
  { store, slots, stallTimeout }: BlobSender,
  repository: ServedRepository,
  digest: string,
): Promise<Response> {
  if (!isDigest(digest))
    return problem(context, 400, 'DIGEST_INVALID', 'The name of the blob is not a digest')
  const blob = await store.open(repository, digest)
  if (!blob) return problem(context, 404, 'BLOB_UNKNOWN', `This store does not have the blob ${digest}`)
  const { handle, size } = blob
  let isHandedOver = false
  try {
    const etag = `"${digest}"`
    const headers: Record<string, string> = {
      'docker-content-digest': digest,
      'accept-ranges': 'bytes',
      'cache-control': 'max-age=31536000, immutable',
      etag,
    }
    const { method } = context.req
    if (listsTag(context.req.header('if-none-match'), etag))
      return new Response(null, { status: 304, headers })
    const condition = context.req.header('if-range')
    // A HEAD has no parts (RFC 9110, 14.2).
    const isWhole = method === 'HEAD' || (condition !== undefined && condition !== etag)
    const part = wantedPart(isWhole ? undefined : context.req.header('range'), size)
    if (part.kind === 'unsatisfiable')
      return problem(
        context,
        416,
        'UNSUPPORTED',
        `The blob has ${size} bytes, and the range begins after them`,
        {
          'content-range': `bytes */${size}`,
        },
      )
    const { from, length } = part.kind === 'part' ? part : { from: 0, length: size }
    headers['content-type'] = 'application/octet-stream'
    headers['content-length'] = String(length)
    if (part.kind === 'part') headers['content-range'] = `bytes ${from}-${from + length - 1}/${size}`
    const status = part.kind === 'part' ? 206 : 200
    if (method === 'HEAD' || length === 0) return new Response(null, { status, headers })
    const free = slots.take()
    if (!free)
      return problem(
        context,
        429,
        'TOOMANYREQUESTS',
        `This server sends ${slots.max} blobs at once, its maximum`,
        {
          'retry-after': retryAfter,
        },
      )
    isHandedOver = true
    const body = blobBody({
      handle,
      from,
      length,
      stallTimeout,
      onEnd: free,
      onStall: () => endConnection(context),
    })
    return new Response(body, { status, headers })
  } finally {
    if (!isHandedOver) await handle.close()
  }
}

/** Ends the connection of a request. Returns false if the request came without one. */
function endConnection({ env }: Context): boolean {
  const { outgoing } = (env ?? {}) as { readonly outgoing?: ServerResponse }
  outgoing?.destroy()
  return outgoing !== undefined
}
