/** Routes about what this server does not have: containers, networks, volumes, builds. */
import type { DockerRoutes } from './bindings.js'
import { DockerError } from './failure.js'

const only = 'This server is Windlass: it pulls and keeps images and runs no containers'

/** What a list of these answers. */
const lists: Readonly<Record<string, unknown>> = {
  '/containers/json': [],
  '/networks': [],
  '/volumes': { Volumes: [], Warnings: [] },
  '/plugins': [],
}

/** Names of these in the messages of dockerd. */
const singular: Readonly<Record<string, string>> = {
  containers: 'container',
  networks: 'network',
  volumes: 'volume',
  plugins: 'plugin',
  services: 'service',
  tasks: 'task',
  nodes: 'node',
  secrets: 'secret',
  configs: 'config',
}

/** What `docker system prune` reads. */
const pruned: Readonly<Record<string, unknown>> = {
  '/containers/prune': { ContainersDeleted: null, SpaceReclaimed: 0 },
  '/networks/prune': { NetworksDeleted: null },
  '/volumes/prune': { VolumesDeleted: null, SpaceReclaimed: 0 },
  '/build/prune': { CachesDeleted: null, SpaceReclaimed: 0 },
}

/** Adds the routes. Anything else about containers answers 501 with what this server is. */
export function containerRoutes(routes: DockerRoutes): void {
  for (const [path, answer] of Object.entries(lists)) routes.get(path, (context) => context.json(answer))
  for (const [path, answer] of Object.entries(pruned)) routes.post(path, (context) => context.json(answer))
  for (const kind of ['swarm', 'build', 'exec', 'commit', 'session', 'grpc', 'events', 'distribution'])
    routes.all(`/${kind}/*`, () => refuse())
  routes.post('/containers/create', () => refuse())
  for (const [kind, name] of Object.entries(singular)) {
    routes.post(`/${kind}/create`, () => refuse())
    routes.all(`/${kind}/:id{[^/]+}/*`, (context) => missing(name, context.req.param('id')))
    routes.all(`/${kind}/:id{[^/]+}`, (context) => missing(name, context.req.param('id')))
    routes.all(`/${kind}`, () => refuse())
  }
}

function refuse(): never {
  throw new DockerError(501, only)
}

/** `docker inspect` asks for a container first, and for an image only after a 404. */
function missing(kind: string, id: string): never {
  throw new DockerError(404, `No such ${kind}: ${id}`)
}
