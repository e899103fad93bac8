/** What the embedded registry was asked, in order: what tests look at, and what decides where a fault strikes. */

export type RequestKind = 'ping' | 'token' | 'manifest' | 'blob' | 'tags' | 'other'

export interface RequestLogEntry {
  readonly kind: RequestKind
  readonly method: string
  /** Path and query as they came. */
  readonly url: string
  /** The repository, and the tag or digest, of what was asked for; empty where there is none. */
  readonly repository: string
  readonly reference: string
  readonly headers: Readonly<Record<string, string | undefined>>
  /** Of the same kind, repository and reference: 1 for the first. */
  readonly nth: number
  /** Set once answered; undefined while it is being answered. */
  status: number | undefined
}

export type RequestTarget = Pick<RequestLogEntry, 'kind' | 'repository' | 'reference'>

const routes: readonly (readonly [RequestKind, RegExp])[] = [
  ['ping', /^\/v2\/?$/],
  ['token', /^\/token$/],
  ['manifest', /^\/v2\/(.+)\/manifests\/([^/]+)$/],
  ['blob', /^\/v2\/(.+)\/blobs\/([^/]+)$/],
  ['tags', /^\/v2\/(.+)\/tags\/list$/],
]

export function targetOf(path: string): RequestTarget {
  for (const [kind, form] of routes) {
    const match = form.exec(path)
    if (match !== null) return { kind, repository: match[1] ?? '', reference: match[2] ?? '' }
  }
  return { kind: 'other', repository: '', reference: '' }
}
