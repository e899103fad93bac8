/** Defines the syntax tree of a template. `at` is a position in the template. */

/** A value: a literal, a field of the dot or of a variable, a pipeline in parentheses, or a function without arguments. */
export type Operand =
  | { readonly kind: 'literal'; readonly value: string | number | boolean | null; readonly at: number }
  | { readonly kind: 'field'; readonly names: readonly string[]; readonly at: number }
  | {
      readonly kind: 'variable'
      readonly name: string
      readonly names: readonly string[]
      readonly at: number
    }
  | { readonly kind: 'pipeline'; readonly pipeline: Pipeline; readonly at: number }
  | { readonly kind: 'function'; readonly name: string; readonly at: number }

/** A value, or a function with its arguments. */
export interface Call {
  readonly operand: Operand
  readonly parameters: readonly Operand[]
}

/** Calls, each of which receives the result of the one before as its last argument. */
export interface Pipeline {
  readonly calls: readonly Call[]
  readonly at: number
}

/** A part of a template. */
export type Node =
  | { readonly kind: 'text'; readonly text: string }
  /** Prints the value, or assigns it to `variable`. */
  | { readonly kind: 'value'; readonly pipeline: Pipeline; readonly variable?: string }
  | {
      readonly kind: 'if' | 'with' | 'range'
      readonly pipeline: Pipeline
      /** Names of the variables of a range: the element, or the key and the element. */
      readonly variables: readonly string[]
      readonly body: readonly Node[]
      readonly otherwise: readonly Node[]
    }
