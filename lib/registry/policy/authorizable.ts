/** Determines which requests to the origin of a registry may carry `Authorization`. */
import type { Location } from '../headers/location.js'

/** Query fields of signed URLs: S3, Google, Azure, CloudFront, Alibaba, Tencent, Akamai. */
const signatureFields =
  /^(?:(?:.*[-_])?signature|sig|x-amz-credential|x-amz-security-token|auth_key|hdnea|hdnts|__token__)$/i

/** Reports whether a URL is signed. Most storage rejects a signed URL together with `Authorization`. */
export function isSigned({ url }: Pick<Location, 'url'>): boolean {
  const names = [...url.searchParams.keys()].map((name) => name.toLowerCase())
  return (
    names.some((name) => signatureFields.test(name)) ||
    (names.includes('expires') && names.includes('key-pair-id'))
  )
}

/**
 * Reports whether a location is below `root`, the path of the API (`/v2/`), regardless of how the server interprets
 * encoded dots and slashes. Other paths of the host do not belong to the registry.
 */
export function isBelowApi({ url, target }: Location, root = '/v2/'): boolean {
  const path = target.replace(/\?.*$/s, '')
  const decoded = path.replace(/%2e/gi, '.').replace(/%2f/gi, '/').replace(/%5c/gi, '/')
  const interpretations = [path, url.pathname, new URL(url.origin + decoded).pathname]
  return interpretations.every((reading) => reading.startsWith(root))
}
