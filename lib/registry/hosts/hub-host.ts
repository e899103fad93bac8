/** Names the host of Docker Hub, which differs from the name of the registry. */
import { canonicalRegistry, dockerHubHost } from '../policy/registry-name.js'

/** Returns `registry-1.docker.io` for the names of Docker Hub, which serve no images; other hosts are unchanged. */
export const hubHostFor = (host: string): string =>
  canonicalRegistry(host) === 'docker.io' ? dockerHubHost : host
