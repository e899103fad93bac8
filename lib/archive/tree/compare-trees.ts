/** Compares two trees by entry and attribute. */
import type { TreeEntry } from './entry.js'
import { attributesOf, type TreeAttribute } from './attributes.js'

/** A difference between two trees. */
export interface Difference {
  /** The path as latin1. */
  readonly path: string
  /** `entry` if one side lacks the path; `xattr:<name>` for an extended attribute. */
  readonly attribute: TreeAttribute
  /** The values of both sides as printable text; undefined if missing. */
  readonly left: string | undefined
  readonly right: string | undefined
  /** The entries of both sides. */
  readonly entries: { readonly left: TreeEntry | undefined; readonly right: TreeEntry | undefined }
  /** A single line, for example `etc/shadow: mode 0640 ≠ 0644`, with non-printable bytes escaped. */
  readonly text: string
}

/** Options of `compareTrees`. */
export interface CompareOptions {
  /** Returns true for a difference to ignore. Keep it narrow: one attribute, one kind of entry, one known reason. */
  readonly except?: (difference: Difference) => boolean
}

/** Formats a name as printable ASCII: control characters, backslash and other bytes become `\xNN`. */
const printable = (text: string): string =>
  text.replace(/[^ -~]|\\/g, (byte) => `\\x${byte.charCodeAt(0).toString(16).padStart(2, '0')}`)

/**
 * Returns the differences between two trees read with `describeTree`, in byte order of the paths. A path that exists on
 * one side only is a single difference (`entry`), as is a path with different types (`type`).
 */
export function compareTrees(
  left: readonly TreeEntry[],
  right: readonly TreeEntry[],
  { except = () => false }: CompareOptions = {},
): Difference[] {
  const lefts = new Map(left.map((entry) => [entry.path, entry]))
  const rights = new Map(right.map((entry) => [entry.path, entry]))
  const paths = [...new Set([...lefts.keys(), ...rights.keys()])].sort()
  return paths
    .flatMap((path) => compareEntries(path, lefts.get(path), rights.get(path)))
    .filter((difference) => !except(difference))
}

function compareEntries(
  path: string,
  left: TreeEntry | undefined,
  right: TreeEntry | undefined,
): Difference[] {
  const describeDifference = (
    attribute: TreeAttribute,
    a: string | undefined,
    b: string | undefined,
  ): Difference => {
    const shown = [a, b].map((value) => (value === undefined ? 'missing' : printable(value)))
    const text = `${printable(path)}: ${printable(attribute)} ${shown.join(' ≠ ')}`
    return { path, attribute, left: a, right: b, entries: { left, right }, text }
  }
  if (left?.type !== right?.type)
    return [
      describeDifference(
        left === undefined || right === undefined ? 'entry' : 'type',
        left?.type,
        right?.type,
      ),
    ]
  const lefts = attributesOf(left)
  const rights = attributesOf(right)
  return [...new Set([...lefts.keys(), ...rights.keys()])]
    .filter((attribute) => lefts.get(attribute) !== rights.get(attribute))
    .map((attribute) => describeDifference(attribute, lefts.get(attribute), rights.get(attribute)))
}
