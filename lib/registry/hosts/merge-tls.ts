/** Combines the settings of several files about one host. */
import type { HostTls } from './registry-hosts.js'

/**
 * Combines settings. Certificates are added to each other; the first settings that say whether the host is insecure
 * decide that. Undefined if there are none.
 */
export function mergeTls(...settings: readonly (HostTls | undefined)[]): HostTls | undefined {
  return settings.reduce((first, second) => {
    if (first === undefined || second === undefined) return first ?? second
    const ca = [first.ca, second.ca].filter((each) => each !== undefined)
    const client = [first, second].flatMap((each) => each.client ?? [])
    // A host whose certificate is to be verified must not be contacted without TLS.
    const insecure = first.skipVerify === undefined && first.allowsPlainHttp === undefined ? second : first
    return {
      ...(ca.length > 0 && { ca: [...new Set(ca)].join('\n') }),
      ...(client.length > 0 && {
        client: [...new Map(client.map((each) => [each.certificate, each])).values()],
      }),
      ...(insecure.skipVerify !== undefined && { skipVerify: insecure.skipVerify }),
      ...(insecure.allowsPlainHttp !== undefined && { allowsPlainHttp: insecure.allowsPlainHttp }),
    }
  }, undefined)
}
