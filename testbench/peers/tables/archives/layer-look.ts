/** Layers as the peers' tests have them, and what is looked at in the tree that comes of them. */
import type { Part } from '../../../corpus/entries.js'

/** What is looked at in the tree that comes of the layers. */
export type Look =
  | { readonly content: string }
  /** Whether two paths lead to one file. */
  | { readonly same: readonly [string, string] }
  /** The paths below a directory. */
  | { readonly list: string }
  /** Whether anything beside the root has changed. */
  | { readonly outside: true }

export interface LayerCase {
  /** Base first. */
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
