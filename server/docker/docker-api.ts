/**
 * Docker's API for images, versions 1.24 to 1.51, with and without a version in the path. It answers on the same addresses as the
 * other parts of the server.
 */
import { Hono, type MiddlewareHandler } from 'hono'
import type { ServerParts } from '../api/routes.js'
import type { TokenCheck } from '../security/token.js'
import { archiveRoutes } from './archives.js'
import { containerRoutes } from './containers.js'
import { type DockerBindings } from './bindings.js'
import { dockerFailure, DockerError } from './failure.js'
import { imageRoutes } from './images.js'
import { apiVersion, dockerPath, maxVersion, minApiVersion, minVersion } from './paths.js'
import { pullRoutes } from './pulls.js'
import { systemRoutes } from './system.js'

/** Returns the middleware that answers the requests to Docker's API. `check`: undefined on a unix socket. */
export function dockerApi(parts: ServerParts, check: TokenCheck | undefined): MiddlewareHandler {
  const routes = dockerRoutes(parts)
  const server = `Docker/${parts.info.version} (linux)`
  return async (context, next) => {
    const asked = dockerPath(context.req.path)
    if (!asked) return next()
    const refusal = refusalOf(asked)
    const isAllowed = check === undefined || check.accepts(context.req.header('authorization'))
    const response = !isAllowed
      ? dockerFailure(context, new DockerError(401, 'The token of the request is missing or wrong'))
      : refusal
        ? dockerFailure(context, refusal)
        : await routes.fetch(context.req.raw, { version: asked.version } satisfies DockerBindings)
    response.headers.set('api-version', apiVersion)
    response.headers.set('docker-experimental', 'false')
    response.headers.set('ostype', 'linux')
    response.headers.set('server', server)
    return response
  }
}

/** Returns the error for a version that this server does not speak, in the words of dockerd. */
function refusalOf({
  version,
  text,
}: {
  readonly version: number
  readonly text: string
}): DockerError | undefined {
  if (version < minVersion)
    return new DockerError(
      400,
      `client version ${text} is too old. Minimum supported API version is ${minApiVersion}, please upgrade your client to a newer version`,
    )
  if (version > maxVersion)
    return new DockerError(
      400,
      `client version ${text} is too new. Maximum supported API version is ${apiVersion}`,
    )
  return undefined
}

function dockerRoutes(parts: ServerParts): Hono<{ Bindings: DockerBindings }> {
  const routes = new Hono<{ Bindings: DockerBindings }>({
    getPath: (request) => {
      const { pathname } = new URL(request.url)
      return decodePath(dockerPath(pathname)?.path ?? pathname)
    },
  })
  routes.onError((error, context) => dockerFailure(context, error))
  routes.notFound((context) => dockerFailure(context, new DockerError(404, 'page not found')))
  systemRoutes(routes, parts)
  pullRoutes(routes, parts)
  archiveRoutes(routes, parts)
  imageRoutes(routes, parts)
  containerRoutes(routes)
  return routes
}

/** Names of images may be sent with `%2F` and `%3A`. */
function decodePath(path: string): string {
  try {
    return decodeURIComponent(path)
  } catch {
    return path
  }
}
