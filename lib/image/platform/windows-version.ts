/** Decides which Windows images run on which Windows hosts (containerd/platforms platform_windows_compat.go). */

/**
 * Builds with a stable ABI: Windows Server 2022 and 2025. From the first one on, a host also runs images of earlier
 * builds, back to the previous stable one.
 */
const stableBuilds = [20348, 26100]

interface WindowsVersion {
  readonly major: number
  readonly minor: number
  readonly build: number
}

function parseVersion(version: string): WindowsVersion | undefined {
  const match = /^(\d{1,3})\.(\d{1,3})\.(\d{1,5})(?:\.|$)/.exec(version)
  if (match === null) return undefined
  const [major = 0, minor = 0, build = 0] = match.slice(1).map(Number)
  return { major, minor, build }
}

/** Returns the oldest build of an image that a host of `build` runs. */
function oldestImageBuild(build: number): number {
  const [first = 0] = stableBuilds
  if (build < first) return build
  return stableBuilds.findLast((stable) => stable < build) ?? first
}

/**
 * Returns whether an image of version `image` runs on a host of version `host`: major and minor version have to be
 * equal, and the build must be one that the host supports. A host version with fewer than three parts is a prefix. An
 * empty version matches any.
 */
export function windowsImageRuns(host: string, image: string): boolean {
  if (host === '' || image === '') return true
  const hostVersion = parseVersion(host)
  if (hostVersion === undefined) return `${image}.`.startsWith(`${host}.`)
  const imageVersion = parseVersion(image)
  if (
    imageVersion === undefined ||
    imageVersion.major !== hostVersion.major ||
    imageVersion.minor !== hostVersion.minor
  )
    return false
  return oldestImageBuild(hostVersion.build) <= imageVersion.build && imageVersion.build <= hostVersion.build
}

/** Comparator that sorts the newest version first and empty versions last. */
export function compareWindowsNewestFirst(a: string, b: string): number {
  const left = a.split('.')
  const right = b.split('.')
  for (let at = 0; at < Math.max(left.length, right.length); at++) {
    const difference = Number(right[at] ?? -1) - Number(left[at] ?? -1)
    if (difference !== 0 && !Number.isNaN(difference)) return difference
  }
  return 0
}
