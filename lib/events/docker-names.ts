/** Names and messages as Docker shows them. */

/** The failure of a pull: an error, or its record in an event. */
export interface FailedPull {
  readonly code: string
  readonly message: string
  readonly hint?: string | undefined
}

/** Returns the short form of a normalised name: `alpine:3.20` for `docker.io/library/alpine:3.20`. */
export function familiarName(name: string): string {
  const [, short] = /^docker\.io\/(?:library\/(?=[^/]+$))?(.+)$/s.exec(name) ?? []
  return short ?? name
}

const refusals: Readonly<Record<string, string>> = {
  DENIED: 'denied: requested access to the resource is denied',
  NAME_UNKNOWN: 'denied: requested access to the resource is denied',
  UNAUTHORIZED: 'unauthorized: authentication required',
}

/**
 * Returns the message that dockerd has for the failure of a pull, or that of Windlass with its hint where dockerd has none.
 * @param name normalised name of the image
 * @param platform the requested platform
 */
export function dockerMessage({ code, message, hint }: FailedPull, name: string, platform: string): string {
  const familiar = familiarName(name)
  const repository = familiar.replace(/@.*$/s, '').replace(/:[^/:]*$/, '')
  if (code === 'MANIFEST_UNKNOWN')
    return `manifest for ${familiar} not found: manifest unknown: manifest unknown`
  if (code in refusals)
    return (
      `pull access denied for ${repository}, repository does not exist or may require 'docker login': ` +
      refusals[code]!
    )
  if (code === 'PLATFORM_UNMATCHED')
    return `no matching manifest for ${platform} in the manifest list entries`
  if (code === 'CANCELLED') return 'context canceled'
  return hint === undefined ? message : `${message}. ${hint}`
}
