/**
 * Parses tags as versions, and ranges of versions. The syntax of ranges is that of npm's `semver`, with what
 * Masterminds/semver has besides, which skopeo and regsync use: commas between conditions, `!=`, `=<` and `=>`.
 */
import { type SemVer, Range, parse } from 'semver'

/** Parts of a version that may be missing are 0: `1.27` is 1.27.0. Numbers may start with zeros: `2024.01`. */
const versionPattern = /^v?(\d{1,15})(?:\.(\d{1,15}))?(?:\.(\d{1,15}))?(?:-([0-9A-Za-z.-]+))?$/

/** Returns the version that a tag states: `1.27`, `v2.0.1`, `3.0.0-rc.1`; undefined if it states none. */
export function versionOfTag(tag: string): SemVer | undefined {
  const [, major, minor = '0', patch = '0', prerelease] = versionPattern.exec(tag) ?? []
  if (major === undefined) return undefined
  const core = [major, minor, patch].map(Number).join('.')
  return parse(prerelease === undefined ? core : `${core}-${prerelease}`) ?? undefined
}

/** A range of versions. */
export interface VersionRange {
  /** Returns whether the range contains the version. Prereleases are contained only if the range names one. */
  contains(version: SemVer): boolean
}

/** Parses a range. @returns undefined if `text` is not a range */
export function parseVersionRange(text: string): VersionRange | undefined {
  const alternatives = text.split('||').map(parseAlternative)
  if (alternatives.some((each) => each === undefined)) return undefined
  return { contains: (version) => alternatives.some((each) => each!.contains(version)) }
}

const exclusion = /!=\s*([^\s,<>=!~^|]+)/g

/** Parses conditions that a version must all meet. */
function parseAlternative(text: string): VersionRange | undefined {
  const excluded = [...text.matchAll(exclusion)].map(([, version = '']) => toRange(version))
  const rest = text.replace(exclusion, ' ').replaceAll(',', ' ').replaceAll('=<', '<=').replaceAll('=>', '>=')
  // semver reads an empty range as all versions. In a list, it is more likely a mistake.
  if (text.trim() === '') return undefined
  const included = toRange(rest)
  if (included === undefined || excluded.some((each) => each === undefined)) return undefined
  return {
    contains: (version) => included.test(version) && !excluded.some((each) => each!.test(version)),
  }
}

/** A version that is short of parts before its prerelease, such as `1.2-0`, which semver does not accept. */
const shortPrerelease = /(?<![\w.])(v?\d+)(\.\d+)?(?=-[0-9A-Za-z])/g

const fillVersion = (_: string, major: string, minor = '.0'): string => `${major}${minor}.0`

function toRange(text: string): Range | undefined {
  try {
    // semver accepts a prerelease only next to the version that names one; Masterminds/semver accepts all of them then.
    const includePrerelease = /\d-[0-9A-Za-z]/.test(text)
    return new Range(text.replace(shortPrerelease, fillVersion), { includePrerelease })
  } catch {
    return undefined
  }
}
