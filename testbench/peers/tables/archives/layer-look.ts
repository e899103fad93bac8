/** Defines test cases of layers: the layers, and the property of the resulting tree that is checked. */
import type { Part } from '../../../corpus/entries.js'

/** A property of the resulting tree. */
export type TreeProperty =
  /** Content of the file with this path. */
  | { readonly content: string }
  /** Whether two paths are the same file. */
  | { readonly same: readonly [string, string] }
  /** The paths below a directory. */
  | { readonly list: string }
  /** Whether anything outside of the root has changed. */
  | { readonly outside: true }

export interface LayerCase {
  /** Layers, base first. */
  readonly layers: readonly (readonly Part[])[]
  readonly property: TreeProperty
}

export const absent = 'absent'
export const same = 'same file'
export const untouched = 'untouched'

export type Line = readonly [label: string, given: LayerCase, meaning: string]

/** Returns a case of one layer. */
export const oneLayer = (
  label: string,
  parts: readonly Part[],
  property: TreeProperty,
  meaning: string,
): Line => [label, { layers: [parts], property }, meaning]
/** Returns a case of two layers. */
export const twoLayers = (
  label: string,
  base: readonly Part[],
  upper: readonly Part[],
  property: TreeProperty,
  meaning: string,
): Line => [label, { layers: [base, upper], property }, meaning]
