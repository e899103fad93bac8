/** What the routes of Docker's API know about a request. */
import type { Hono } from 'hono'

/** Values that accompany a request. */
export interface DockerBindings {
  /** The version of the API, as a number after `1.`. */
  readonly version: number
}

/** The application of Docker's API. */
export type DockerRoutes = Hono<{ Bindings: DockerBindings }>
