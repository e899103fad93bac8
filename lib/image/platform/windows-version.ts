/**
 * Which Windows images run on which Windows (containerd/platforms platform_windows_compat.go).
 */

/** Releases with a stable ABI, from which on a host also runs the release before: Server 2022 and 2025. */
const stableBuilds = [20348, 26100]

interface WindowsVersion {
  readonly major: number
  readonly minor: number
  readonly build: number
}

function parse(version: string): WindowsVersion | undefined {
  const match = /^(\d{1,3})\.(\d{1,3})\.(\d{1,5})(?:\.|$)/.exec(version)
  if (match === null) return undefined
  const [major = 0, minor = 0, build = 0] = match.slice(1).map(Number)
  return { major, minor, build }
}

/** The oldest build of an image that a host of `build` runs. */
function oldest(build: number): number {
  const [first = 0] = stableBuilds
  if (build < first) return build
  return stableBuilds.findLast((stable) => stable < build) ?? first
}

/**
 * Whether an image for `image` runs on `host`: the same major and minor version, and a build that the host still
 * runs. A host version of fewer than three parts is a prefix; without one, or without one in the image, it fits.
 */
export function windowsFits(host: string, image: string): boolean {
  if (host === '' || image === '') return true
  const on = parse(host)
  if (on === undefined) return `${image}.`.startsWith(`${host}.`)
  const of = parse(image)
  if (of === undefined || of.major !== on.major || of.minor !== on.minor) return false
  return oldest(on.build) <= of.build && of.build <= on.build
}

/** Newest version first; an image that tells none last. */
export function newerWindows(a: string, b: string): number {
  const left = a.split('.')
  const right = b.split('.')
  for (let at = 0; at < Math.max(left.length, right.length); at++) {
    const difference = Number(right[at] ?? -1) - Number(left[at] ?? -1)
    if (difference !== 0 && !Number.isNaN(difference)) return difference
  }
  return 0
}
