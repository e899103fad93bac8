/** Combines the settings of several files about one host. */
import type { HostTls } from './registry-hosts.js'

/**
 * Combines settings, the first of which have precedence. Certificates are added to each other. Undefined if there are
 * none.
 */
export function mergeTls(...settings: readonly (HostTls | undefined)[]): HostTls | undefined {
  return settings.reduce((first, second) => {
    if (first === undefined || second === undefined) return first ?? second
    const ca = [first.ca, second.ca].filter((each) => each !== undefined)
    const client = [first, second].flatMap((each) => each.client ?? [])
    return {
      ...second,
      ...first,
      ...(ca.length > 0 && { ca: [...new Set(ca)].join('\n') }),
      ...(client.length > 0 && {
        client: [...new Map(client.map((each) => [each.certificate, each])).values()],
      }),
    }
  }, undefined)
}
