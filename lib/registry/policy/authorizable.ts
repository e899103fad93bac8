/** Which requests may carry `Authorization`, once it is settled that they go to the registry's own origin. */
import type { Location } from '../headers/location.js'

/** Query fields by which an address proves by itself that it may be read: S3, Google, Azure, CloudFront, Alibaba, Tencent, Akamai. */
const signatures =
  /^(?:(?:.*[-_])?signature|sig|x-amz-credential|x-amz-security-token|auth_key|hdnea|hdnts|__token__)$/i

/** Whether an address is signed: most storage refuses one that comes with `Authorization` as well. */
export function isSigned({ url }: Pick<Location, 'url'>): boolean {
  const names = [...url.searchParams.keys()].map((name) => name.toLowerCase())
  return (
    names.some((name) => signatures.test(name)) ||
    (names.includes('expires') && names.includes('key-pair-id'))
  )
}

/**
 * Whether a location is below `/v2/`, whichever way its server reads dots and slashes that are encoded: what else is on
 * the registry's host is not the registry.
 */
export function isBelowApi({ url, target }: Location): boolean {
  const path = target.replace(/\?.*$/s, '')
  const decoded = path.replace(/%2e/gi, '.').replace(/%2f/gi, '/').replace(/%5c/gi, '/')
  const readings = [path, url.pathname, new URL(url.origin + decoded).pathname]
  return readings.every((reading) => reading.startsWith('/v2/'))
}
