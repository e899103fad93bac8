/** Selects tags of a repository by the filters of a list. */
import { type SemVer, compare } from 'semver'
import type { TagFilter } from './sync-list.js'
import { parseVersionRange, versionOfTag } from './version-range.js'

/** Options of `selectTags`. */
export interface SelectTagsOptions {
  /** Whether `newest` limits the selection (true). If false, all tags are selected that may be among the newest. */
  readonly limited?: boolean
}

/** Returns the tags that at least one of `filters` selects, or all tags without filters, in their order. */
export function selectTags(
  tags: readonly string[],
  filters: readonly TagFilter[],
  { limited = true }: SelectTagsOptions = {},
): readonly string[] {
  if (filters.length === 0) return tags
  const selected = new Set(filters.flatMap((filter) => selectBy(filter, tags, limited)))
  return tags.filter((tag) => selected.has(tag))
}

/**
 * Returns a regular expression that must match a whole tag. Go's flag `(?i)` at the start is understood.
 * @throws SyntaxError when `text` is not a regular expression
 */
export const wholePattern = (text: string): string => {
  const [, flags = '', body = ''] = /^(\(\?i\))?(.*)$/s.exec(text) ?? []
  const whole = `${flags}^(?:${body})$`
  compile(whole)
  return whole
}

/** Returns the regular expression for a pattern of a `TagFilter`. @throws SyntaxError when it is not valid */
export const compile = (pattern: string): RegExp =>
  pattern.startsWith('(?i)') ? new RegExp(pattern.slice(4), 'iu') : new RegExp(pattern, 'u')

function selectBy(filter: TagFilter, tags: readonly string[], limited: boolean): readonly string[] {
  const allow = filter.allow.map(compile)
  const deny = filter.deny.map(compile)
  const ranges = filter.semverRange.map(parseVersionRange)
  const inRange = (version: SemVer | undefined): boolean =>
    version !== undefined && ranges.some((range) => range?.contains(version) ?? false)
  const passed = tags.filter(
    (tag) =>
      (allow.length === 0 || allow.some((pattern) => pattern.test(tag))) &&
      !deny.some((pattern) => pattern.test(tag)) &&
      (ranges.length === 0 || inRange(versionOfTag(tag))),
  )
  return filter.newest === undefined ? passed : newestOf(passed, limited ? filter.newest : Infinity)
}

/** Returns the tags of the `count` highest versions. Tags of equal versions, such as `1.27` and `1.27.0`, count once. */
function newestOf(tags: readonly string[], count: number): readonly string[] {
  const versions = tags
    .flatMap((tag) => {
      const version = versionOfTag(tag)
      return version === undefined ? [] : [{ tag, version }]
    })
    .toSorted((one, other) => compare(other.version, one.version))
  const kept: string[] = []
  let [distinct, last]: [number, SemVer | undefined] = [0, undefined]
  for (const { tag, version } of versions) {
    if (last === undefined || compare(last, version) !== 0) distinct++
    if (distinct > count) break
    last = version
    kept.push(tag)
  }
  return kept
}
