/** Defines layers of the peers' tests, and the property of the resulting tree that a test checks. */
import type { Part } from '../../../corpus/entries.js'

/** A property of the resulting tree. */
export type Look =
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
  readonly look: Look
}

export const absent = 'absent'
export const same = 'same file'
export const untouched = 'untouched'

export type Line = readonly [label: string, given: LayerCase, meaning: string]

export const one = (label: string, parts: readonly Part[], look: Look, meaning: string): Line => [
  label,
  { layers: [parts], look },
  meaning,
]
export const over = (
  label: string,
  base: readonly Part[],
  upper: readonly Part[],
  look: Look,
  meaning: string,
): Line => [label, { layers: [base, upper], look }, meaning]
