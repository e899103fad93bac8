/** Lists the scopes of a policy file that apply to an image (containers-policy.json(5), “Supported transports”). */
import { dirname } from 'node:path'
import { parseImageName, withDefaultTag } from '../../image/index.js'

/** Transport and scopes of an image. */
export interface ImageScopes {
  readonly transport: 'docker' | 'oci'
  /** The most specific first. */
  readonly scopes: readonly string[]
}

/**
 * Returns the scopes that apply to an image. In a registry: the name with its tag or digest, the repository, each
 * namespace, the registry, and patterns of hosts such as `*.example.com`. In a layout: the path with the name, the path,
 * and each directory above.
 * @param name image name as for `pull`
 */
export function scopesOf(name: string): ImageScopes {
  const parsed = parseImageName(name)
  if (parsed.kind === 'layout') {
    const { path, name: image } = parsed
    const scopes = image === undefined || image === '' ? [path] : [`${path}:${image}`, path]
    for (let above = dirname(path); above !== '/' && above !== '.'; above = dirname(above)) scopes.push(above)
    return { transport: 'oci', scopes }
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
