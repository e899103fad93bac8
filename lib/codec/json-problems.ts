/**
 * What io-ts found wrong, as people read it: `layers[2].digest: expected a digest …, got "sha256:zz"`.
 */
import * as t from 'io-ts'
import { printable, quoted } from './printable.js'

/** How many problems one message names. */
const named = 3

const identifier = /^[A-Za-z_$][\w$]*$/

/** The problem of a value that is well-formed, and of a kind that is not supported: its document is not damaged. */
export class UnsupportedValue implements t.ValidationError {
  constructor(
    readonly value: unknown,
    readonly context: t.Context,
  ) {}
}

/** Where in the document: `layers[2].annotations["a.b"]`; empty for the document itself. */
function pathOf(context: t.Context): string {
  let path = ''
  context.forEach(({ key }, index) => {
    const parent = context[index - 1]
    // The members of an intersection or a union stand in io-ts's context, but not in the document.
    if (parent === undefined) return
    if (parent.type instanceof t.IntersectionType || parent.type instanceof t.UnionType) return
    if (Array.isArray(parent.actual)) path += `[${key}]`
    else if (identifier.test(key)) path += path === '' ? key : `.${key}`
    else path += `[${quoted(key, 60)}]`
  })
  return path
}

function shown(value: unknown): string {
  if (value === undefined) return 'nothing'
  if (typeof value === 'string') return quoted(value, 80)
  if (typeof value === 'number' || typeof value === 'boolean' || value === null) return String(value)
  return Array.isArray(value) ? 'an array' : 'an object'
}

function problemOf({ context, value, message }: t.ValidationError): string {
  const expected = context.at(-1)?.type.name ?? 'something else'
  return at(context, message ?? `expected ${printable(expected)}, got ${shown(value)}`)
}

/** `problem` behind the path that `context` leads to: `layers[0].size: it is missing`. */
export function at(context: t.Context, problem: string): string {
  const path = pathOf(context)
  return path === '' ? problem : `${path}: ${problem}`
}

/** The first few problems, each with its path inside the document. */
export function jsonProblems(errors: t.Errors): string {
  const problems = [...new Set(errors.map(problemOf))]
  const more = problems.length > named ? `; and ${problems.length - named} more` : ''
  return problems.slice(0, named).join('; ') + more
}
