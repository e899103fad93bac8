/** Lists the platforms whose programs run on a given platform (containerd/platforms, `Only`). */
import { type Platform, normalizePlatform } from './platform.js'

/** Highest minor version of each arm64 version. A version runs programs for all lower ones; v9.n also for v8.(n+5). */
const highestArm64Minor = { v8: 9, v9: 7 }

/** Returns the arm64 variants whose programs run on `variant`, itself first; undefined if `variant` is not known. */
function arm64Variants(variant: string): string[] | undefined {
  const [, major, digits = '0'] = /^(v[89])(?:\.(\d))?$/.exec(variant) ?? []
  const minor = Number(digits)
  if ((major !== 'v8' && major !== 'v9') || minor > highestArm64Minor[major]) return undefined
  return major === 'v9'
    ? [...minorVersions('v9', minor), ...minorVersions('v8', Math.min(minor + 5, highestArm64Minor.v8))]
    : minorVersions('v8', minor)
}

const minorVersions = (major: string, minor: number): string[] =>
  Array.from({ length: minor + 1 }, (_, n) => (n === minor ? major : `${major}.${minor - n}`))

/**
 * Returns `variant` and all lower versions down to `lowest`: `v7`, `v6`, `v5`. Only `variant` if it is not a version.
 */
function lowerVersions(variant: string, lowest: number): string[] {
  const version = Number(/^v?(\d{1,3})$/.exec(variant)?.[1] ?? lowest)
  const below = Array.from({ length: Math.max(0, version - lowest) }, (_, n) => `v${version - n - 1}`)
  return [variant, ...below]
}

/**
 * Returns the platforms whose programs run on `wanted`, normalised and best first. amd64/vN: its lower versions, then
 * 386. arm/vN: its lower versions down to v5. arm64: its lower versions, then arm v8, v7, v6, v5. Others: only
 * `wanted`.
 */
export function platformVector(wanted: Platform): Platform[] {
  const normal = normalizePlatform(wanted)
  const variant = normal.variant ?? ''
  const platformsOf = (architecture: string, variants: readonly string[]): Platform[] =>
    variants.map((one) => normalizePlatform({ ...normal, architecture, variant: one }))
  switch (normal.architecture) {
    case 'amd64':
      return [...platformsOf('amd64', lowerVersions(variant, 1)), ...platformsOf('386', [''])]
    case 'arm':
      return platformsOf('arm', lowerVersions(variant, 5))
    case 'arm64': {
      const variants = arm64Variants(variant === '' ? 'v8' : variant)
      // containerd matches nothing in this case. An unknown version runs at least its own programs.
      if (variants === undefined) return [normal]
      return [...platformsOf('arm64', variants), ...platformsOf('arm', lowerVersions('v8', 5))]
    }
    default:
      return [normal]
  }
}
