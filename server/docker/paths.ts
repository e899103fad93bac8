/** Which paths belong to Docker's API, and which version of it a path asks for. */

/** The versions that this server speaks, as numbers after `1.`. */
export const [minVersion, maxVersion] = [24, 51]

/** The versions as text. */
export const minApiVersion = `1.${minVersion}`
export const apiVersion = `1.${maxVersion}`

/** First components of the paths, as in Docker's API reference. */
const rooms: ReadonlySet<string> = new Set([
  ...['_ping', 'auth', 'build', 'commit', 'configs', 'containers', 'distribution', 'events', 'exec', 'grpc'],
  ...['images', 'info', 'networks', 'nodes', 'plugins', 'secrets', 'services', 'session', 'swarm', 'system'],
  ...['tasks', 'version', 'volumes'],
])

const versioned = /^\/v(\d+)\.(\d+)(\/.*)$/

/** A path of Docker's API. */
export interface DockerPath {
  /** The path without the version. */
  readonly path: string
  /** The version that the path asks for, as a number after `1.`; the highest one if it asks for none. Infinity for 2.0. */
  readonly version: number
  /** The version as text. */
  readonly text: string
}

/** Returns the parts of a path of Docker's API; undefined for other paths. */
export function dockerPath(pathname: string): DockerPath | undefined {
  const [, major, minor, path] = versioned.exec(pathname) ?? []
  if (path !== undefined) {
    const version = Number(major) === 1 ? Number(minor) : Number(major) > 1 ? Infinity : -1
    return { path, version, text: `${major}.${minor}` }
  }
  const room = pathname.split('/', 2)[1] ?? ''
  return rooms.has(room) ? { path: pathname, version: maxVersion, text: apiVersion } : undefined
}
