/** Names and messages as Docker shows them. */
import type { ErrorRecord } from '../errors.js'

/** Returns the short form of a normalised name: `alpine:3.20` for `docker.io/library/alpine:3.20`. */
export function familiarName(name: string): string {
  const [, short] = /^docker\.io\/(?:library\/(?=[^/]+$))?(.+)$/s.exec(name) ?? []
  return short ?? name
}

/**
 * Returns the message that dockerd has for the failure of a pull, or that of Windlass with its hint where dockerd has none.
 * @param name normalised name of the image
 */
export function dockerMessage(
  { code, message, hint }: Pick<ErrorRecord, 'message' | 'hint'> & { readonly code: string },
  name: string,
): string {
  const familiar = familiarName(name)
  const repository = familiar.replace(/@.*$/s, '').replace(/:[^/:]*$/, '')
  if (code === 'MANIFEST_UNKNOWN')
    return `manifest for ${familiar} not found: manifest unknown: manifest unknown`
  if (code === 'NAME_UNKNOWN' || code === 'DENIED' || code === 'UNAUTHORIZED')
    return (
      `pull access denied for ${repository}, repository does not exist or may require 'docker login': ` +
      'denied: requested access to the resource is denied'
    )
  if (code === 'CANCELLED') return 'context canceled'
  return hint === undefined ? message : `${message}. ${hint}`
}
