/**
 * Which platforms' programs run on a platform, best first: containerd's rule (containerd/platforms, `Only`).
 */
import { type Platform, normalizePlatform } from './platform.js'

/** Each of arm64's minor versions runs the ones before it; v9.n includes v8.(n+5), as far as there is one. */
const arm64Highest = { v8: 9, v9: 7 }

/** Undefined for a version that is not known yet. */
function arm64Variants(variant: string): string[] | undefined {
  const [, major, digits = '0'] = /^(v[89])(?:\.(\d))?$/.exec(variant) ?? []
  const minor = Number(digits)
  if ((major !== 'v8' && major !== 'v9') || minor > arm64Highest[major]) return undefined
  return major === 'v9'
    ? [...down('v9', minor), ...down('v8', Math.min(minor + 5, arm64Highest.v8))]
    : down('v8', minor)
}

const down = (major: string, minor: number): string[] =>
  Array.from({ length: minor + 1 }, (_, n) => (n === minor ? major : `${major}.${minor - n}`))

/** `v7` → `v7`, `v6`, `v5`; a variant that counts no versions stands alone. */
function countedDown(variant: string, lowest: number): string[] {
  const version = Number(/^v?(\d{1,3})$/.exec(variant)?.[1] ?? lowest)
  const below = Array.from({ length: Math.max(0, version - lowest) }, (_, n) => `v${version - n - 1}`)
  return [variant, ...below]
}

/**
 * `wanted` and all it falls back to: amd64/vN to its lower versions and 386; arm/vN down to v5; arm64 to its lower
 * versions, then arm v8, v7, v6, v5. Normalised.
 */
export function platformVector(wanted: Platform): Platform[] {
  const normal = normalizePlatform(wanted)
  const variant = normal.variant ?? ''
  const as = (architecture: string, variants: readonly string[]): Platform[] =>
    variants.map((one) => normalizePlatform({ ...normal, architecture, variant: one }))
  switch (normal.architecture) {
    case 'amd64':
      return [...as('amd64', countedDown(variant, 1)), ...as('386', [''])]
    case 'arm':
      return as('arm', countedDown(variant, 5))
    case 'arm64': {
      const variants = arm64Variants(variant === '' ? 'v8' : variant)
      // containerd matches nothing here; a version that nobody knows yet is at least itself.
      if (variants === undefined) return [normal]
      return [...as('arm64', variants), ...as('arm', countedDown('v8', 5))]
    }
    default:
      return [normal]
  }
}
