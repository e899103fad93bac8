/** Records the requests that several registries receive in one list, and summarises who was asked and with what. */
import type { RequestLogEntry, TestRegistry } from '../../../lib/testing/registry/index.js'

/** A request, and the name of the host that received it. */
export interface Visit {
  readonly host: string
  readonly request: RequestLogEntry
  /** `performance.now()` when it arrived. */
  readonly at: number
}

/** The requests to all watched registries, in the order of their arrival. */
export class Visits {
  #all: Visit[] = []

  /** Records the requests to a registry under a name. Hooks that are added later see them as well. */
  watch(host: string, registry: TestRegistry): void {
    registry.hook((request) => {
      this.#all.push({ host, request, at: performance.now() })
      return undefined
    })
  }

  /** Returns the requests since the last call. */
  take(): readonly Visit[] {
    const all = this.#all
    this.#all = []
    return all
  }
}

/**
 * Returns the hosts that were asked for each tag, manifest, blob and list of tags, in order, each once: for example
 * `{ 'manifest 1': ['mirror', 'registry'] }`.
 */
export function hostsAsked(visits: readonly Visit[]): Readonly<Record<string, readonly string[]>> {
  const asked: Record<string, string[]> = {}
  for (const { host, request } of visits) {
    if (!['manifest', 'blob', 'tags'].includes(request.kind)) continue
    const hosts = (asked[`${request.kind} ${request.reference}`.trim()] ??= [])
    if (!hosts.includes(host)) hosts.push(host)
  }
  return asked
}

/**
 * Returns the values of `Authorization` that each host received, sorted, each once. Tokens are issued at random, so that
 * they are only named; the requests for them are shown with their scopes.
 */
export function credentialsSent(visits: readonly Visit[]): Readonly<Record<string, readonly string[]>> {
  const sent: Record<string, Set<string>> = {}
  for (const { host, request } of visits) {
    const { authorization } = request.headers
    if (authorization === undefined) continue
    const scopes = new URL(request.url, 'http://host').searchParams.getAll('scope')
    const value = authorization.startsWith('Bearer ') ? 'Bearer' : authorization
    ;(sent[host] ??= new Set()).add(request.kind === 'token' ? `${value} for ${scopes.join(' ')}` : value)
  }
  return Object.fromEntries(Object.entries(sent).map(([host, values]) => [host, [...values].sort()]))
}

/** Returns the value of `Authorization` for a login (RFC 7617). */
export const basic = ({ username, password }: { username: string; password: string }): string =>
  `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`
