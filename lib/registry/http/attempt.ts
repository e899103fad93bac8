/** Describes a request in messages. */
import { displayHost } from '../policy/registry-name.js'
import { proxySuffix } from '../proxy/failure.js'
import type { Proxy } from '../proxy/proxy.js'

/** The properties of a request that messages about it contain. */
export interface Attempt {
  /** Completes “Failed to … from HOST”: `get the manifest of "alpine:3.20"`. */
  readonly purpose: string
  /** The word before the host. Default: `from`. */
  readonly preposition?: 'from' | 'to' | 'at'
  readonly url: URL
  /** The proxy of the request, if any. */
  readonly proxy?: Proxy | undefined
}

/** Purpose of a request that only determines whether the host uses TLS. */
export const connectPurpose = 'connect'

/** Returns the start of a message about a failure: `Failed to get the manifest of "alpine:3.20" from Docker Hub`. */
export function failurePrefix({ purpose, preposition = 'from', url, proxy }: Attempt): string {
  const host = `${displayHost(url.host)}${proxySuffix(proxy)}`
  return `Failed to ${purpose} ${purpose === connectPurpose ? 'to' : preposition} ${host}`
}
