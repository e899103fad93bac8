/** The application of a server: what each path answers, and what every request must satisfy. */
import { Hono, type MiddlewareHandler } from 'hono'
import { failure, failureWith } from './api/failure.js'
import { type ServerParts, apiRoutes } from './api/routes.js'
import { dockerApi } from './docker/docker-api.js'
import { metricsRoutes } from './metrics/metrics-routes.js'
import { pageRoutes } from './page/page-files.js'
import type { BlobSender } from './registry/blobs.js'
import { registryRoutes } from './registry/routes.js'
import { securityHeaders } from './security/headers.js'
import { boundedRate } from './security/rate.js'
import { sameOrigin } from './security/same-origin.js'
import { TokenCheck } from './security/token.js'

/** What differs between the addresses that a server listens on. */
export interface Entrance {
  /** Token that requests must carry; undefined on a unix socket. */
  readonly token: string | undefined
  /** Accepted values of `Host`: see `sameOrigin`. A set is filled once the port is known. */
  readonly hosts: ReadonlySet<string> | 'any' | undefined
  /** Whether only this machine reaches the address (false): the registry is then read without the token. */
  readonly isLocal?: boolean
  /** The store as a registry, which all addresses share; undefined if it is not served. */
  readonly registry?: BlobSender | undefined
}

/** Returns the application for one address. All addresses of a server share `parts`. */
export function appOf(parts: ServerParts, { token, hosts, isLocal = false, registry }: Entrance): Hono {
  const app = new Hono()
  const check = token === undefined ? undefined : new TokenCheck(token)
  app.onError((error, context) => failure(context, error))
  app.notFound((context) =>
    failureWith(context, 404, { code: 'USAGE', message: `This server has nothing at ${context.req.path}` }),
  )
  const names = hosts === 'any' ? undefined : hosts
  if (registry)
    app.route('/v2', registryRoutes(registry, { hosts: names, check: isLocal ? undefined : check }))
  app.use(securityHeaders)
  app.use(boundedRate())
  app.use(sameOrigin(hosts))
  app.use(dockerApi(parts, check))
  app.use('/api/*', requireToken(check))
  app.route('/api/v1', apiRoutes(parts))
  app.use('/metrics', requireToken(check))
  app.route('/metrics', metricsRoutes(parts))
  app.route('/', pageRoutes())
  return app
}

/** Refuses requests without the token. @param check undefined on an address that needs none */
const requireToken =
  (check: TokenCheck | undefined): MiddlewareHandler =>
  async (context, next) => {
    if (check && !check.accepts(context.req.header('authorization')))
      return failureWith(context, 401, {
        code: 'UNAUTHORIZED',
        message: 'The token of the request is missing or wrong',
        hint: 'Use the address or the token that `windlass serve` printed.',
      })
    await next()
    return undefined
  }
