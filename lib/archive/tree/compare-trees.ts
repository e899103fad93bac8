/** Says in one line each how two trees differ, entry by entry and attribute by attribute. */
import type { TreeEntry } from './entry.js'
import { attributesOf, type TreeAttribute } from './attributes.js'

export interface Difference {
  /** Bytes of the path as latin1, as in the entries. */
  readonly path: string
  /** `entry` where one side has no such path; `xattr:<name>` for one extended attribute. */
  readonly attribute: TreeAttribute
  /** What each side has, printable; undefined where it has nothing of the kind. */
  readonly left: string | undefined
  readonly right: string | undefined
  /** The entries themselves, for an `except` that needs to know more. */
  readonly entries: { readonly left: TreeEntry | undefined; readonly right: TreeEntry | undefined }
  /** `etc/shadow: mode 0640 ≠ 0644`, with odd bytes escaped: always one line. */
  readonly text: string
}

export interface CompareOptions {
  /** Differences to forgive. Keep it narrow: one attribute, one kind of entry, one known reason. */
  readonly except?: (difference: Difference) => boolean
}

/** A name on one printable line: control bytes, backslash and what is not ASCII as `\xNN`. */
const printable = (text: string): string =>
  text.replace(/[^ -~]|\\/g, (byte) => `\\x${byte.charCodeAt(0).toString(16).padStart(2, '0')}`)

/**
 * The differences between two trees as `describeTree` reads them, in byte order of the paths; none if they are equal.
 * A path that only one side has is one difference (`entry`), and so is one of another type (`type`).
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
    .filter((d) => !except(d))
}

function compareEntries(
  path: string,
  left: TreeEntry | undefined,
  right: TreeEntry | undefined,
): Difference[] {
  const differ = (attribute: TreeAttribute, a: string | undefined, b: string | undefined): Difference => {
    const shown = [a, b].map((value) => (value === undefined ? 'missing' : printable(value)))
    const text = `${printable(path)}: ${printable(attribute)} ${shown.join(' ≠ ')}`
    return { path, attribute, left: a, right: b, entries: { left, right }, text }
  }
  if (left?.type !== right?.type)
    return [differ(left === undefined || right === undefined ? 'entry' : 'type', left?.type, right?.type)]
  const lefts = attributesOf(left)
  const rights = attributesOf(right)
  return [...new Set([...lefts.keys(), ...rights.keys()])]
    .filter((attribute) => lefts.get(attribute) !== rights.get(attribute))
    .map((attribute) => differ(attribute, lefts.get(attribute), rights.get(attribute)))
}
