/**
 * Refuses requests that a page of another origin makes through the browser of a user, also by DNS rebinding: the `Host` must be an
 * address of the server, and `Origin` must be absent or the same.
 */
import type { MiddlewareHandler } from 'hono'
import { failureWith } from '../api/failure.js'

/**
 * @param hosts the values of `Host` that are accepted: those of the address; `any` if others reach the server by names that it does
 * not know, which only who has the token can use; undefined on a unix socket, which no browser reaches
 */
export function sameOrigin(hosts: ReadonlySet<string> | 'any' | undefined): MiddlewareHandler {
  return async (context, next) => {
    const host = context.req.header('host')?.toLowerCase()
    const origin = context.req.header('origin')
    const site = context.req.header('sec-fetch-site')
    const isKnown = hosts === undefined || hosts === 'any' || hosts.has(host ?? '')
    if (!isKnown)
      return failureWith(context, 403, {
        code: 'DENIED',
        message: 'This server does not answer to the host name of the request',
        hint: 'Use the address that `windlass serve` printed.',
      })
    // A unix socket has no origin: what sends one is a browser behind a proxy.
    const isForeign = origin !== undefined && (hosts === undefined || hostOf(origin) !== host)
    if (isForeign || site === 'cross-site' || site === 'same-site')
      return failureWith(context, 403, {
        code: 'DENIED',
        message: 'This server does not answer to pages of other origins',
      })
    await next()
  }
}

function hostOf(origin: string): string {
  try {
    return new URL(origin).host.toLowerCase()
  } catch {
    return ''
  }
}
