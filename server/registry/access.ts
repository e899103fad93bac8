/** Decides who may read the served store. */
import type { MiddlewareHandler } from 'hono'
import type { TokenCheck } from '../security/token.js'
import { problem } from './problem.js'

/** What differs between the addresses of a server. */
export interface RegistryAccess {
  /** The token that a request must carry; undefined where none is needed: on loopback and on a unix socket. */
  readonly check: TokenCheck | undefined
  /** Accepted values of `Host`; undefined on a unix socket. */
  readonly hosts: ReadonlySet<string> | undefined
}

/**
 * Refuses requests without the token. Where none is needed, refuses those that a page makes through a browser: the store may
 * have private images, and with DNS rebinding a page can read what any program on loopback can.
 */
export function registryAccess({ check, hosts }: RegistryAccess): MiddlewareHandler {
  return async (context, next) => {
    const header = (name: string): string | undefined => context.req.header(name)
    // A browser sends these; clients of registries do not.
    if (
      header('origin') !== undefined ||
      ['cross-site', 'same-site'].includes(header('sec-fetch-site') ?? '')
    )
      return problem(context, 403, 'DENIED', 'This registry does not answer to pages')
    if (check) {
      // A page knows no token, so a rebound name gives it nothing, and clients may use any name of the machine.
      if (!check.accepts(header('authorization')))
        return problem(context, 401, 'UNAUTHORIZED', 'The token of the server is needed, as the password', {
          'www-authenticate': 'Basic realm="windlass"',
        })
    } else if (hosts && !hosts.has(header('host')?.toLowerCase() ?? ''))
      return problem(context, 403, 'DENIED', 'This registry does not answer to the host name of the request')
    await next()
    return undefined
  }
}
