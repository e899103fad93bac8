/** Defines the log of requests to the embedded registry. Tests read it, and faults select requests by it. */

/** Endpoint of a request. `ping` is `GET /v2/`, `upload` includes all requests that push a blob. */
export type RequestKind = 'ping' | 'token' | 'manifest' | 'blob' | 'upload' | 'tags' | 'referrers' | 'other'

/** A request to the embedded registry. */
export interface RequestLogEntry {
  readonly kind: RequestKind
  readonly method: string
  /** Path and query of the request. */
  readonly url: string
  /** Requested repository; empty if the endpoint has none. */
  readonly repository: string
  /** Requested tag or digest, or id of an upload; empty if the endpoint has none. */
  readonly reference: string
  readonly headers: Readonly<Record<string, string | undefined>>
  /** Position among the requests of the same kind, repository and reference, counted from 1. */
  readonly nth: number
  /** Status of the response; undefined until the response is determined. */
  status: number | undefined
}

/** Endpoint, repository and reference of a request. */
export type RequestTarget = Pick<RequestLogEntry, 'kind' | 'repository' | 'reference'>

const routes: readonly (readonly [RequestKind, RegExp])[] = [
  ['ping', /^\/v2\/?$/],
  ['token', /^\/token$/],
  ['manifest', /^\/v2\/(.+)\/manifests\/([^/]+)$/],
  ['blob', /^\/v2\/(.+)\/blobs\/([^/]+)$/],
  ['upload', /^\/v2\/(.+)\/blobs\/uploads\/([^/]*)$/],
  ['referrers', /^\/v2\/(.+)\/referrers\/([^/]+)$/],
  ['tags', /^\/v2\/(.+)\/tags\/list$/],
]

/** Parses the path of a request, without its query. */
export function targetOf(path: string): RequestTarget {
  for (const [kind, form] of routes) {
    const match = form.exec(path)
    if (match !== null) return { kind, repository: match[1] ?? '', reference: match[2] ?? '' }
  }
  return { kind: 'other', repository: '', reference: '' }
}
