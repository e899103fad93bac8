/** Lists the scopes of a policy file that apply to an image (containers-policy.json(5), “Supported transports”). */
import { dirname } from 'node:path'
import { type LocalImageKind, parseImageName, withDefaultTag } from '../../image/index.js'

/** Transport and scopes of an image. */
export interface ImageScopes {
  readonly transport: 'docker' | 'oci' | 'oci-archive' | 'docker-archive' | 'dir' | 'rootfs'
  /** The most specific first. */
  readonly scopes: readonly string[]
}

const transports: Readonly<Record<LocalImageKind, ImageScopes['transport']>> = {
  layout: 'oci',
  'oci-archive': 'oci-archive',
  'docker-archive': 'docker-archive',
  directory: 'dir',
  rootfs: 'rootfs',
}

/**
 * Returns the scopes that apply to an image. In a registry: the name with its tag or digest, the repository, each
 * namespace, the registry, and patterns of hosts such as `*.example.com`. On this machine: the path with the name, the
 * path, and each directory above; an archive of `docker save` has no scopes.
 * @param name image name as for `pull`
 */
export function scopesOf(name: string): ImageScopes {
  const parsed = parseImageName(name)
  if (parsed.kind !== 'registry') {
    const { kind, path, name: image } = parsed
    const transport = transports[kind]
    if (kind === 'docker-archive') return { transport, scopes: [] }
    const scopes = image === undefined || image === '' ? [path] : [`${path}:${image}`, path]
    for (let above = dirname(path); above !== '/' && above !== '.'; above = dirname(above)) scopes.push(above)
    return { transport, scopes }
  }
  const reference = withDefaultTag(parsed.reference)
  const full =
    reference.digest === undefined
      ? `${reference.name}:${reference.tag}`
      : `${reference.name}@${reference.digest}`
  const scopes = [full, reference.name]
  for (let end = reference.name.lastIndexOf('/'); end > 0; end = reference.name.lastIndexOf('/', end - 1))
    scopes.push(reference.name.slice(0, end))
  const host = reference.registry.replace(/:\d+$/, '')
  const labels = host.split('.')
  for (let at = 1; at < labels.length; at++) scopes.push(`*.${labels.slice(at).join('.')}`)
  return { transport: 'docker', scopes }
}
