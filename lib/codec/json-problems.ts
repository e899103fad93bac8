/** Formats io-ts errors as messages for users: `layers[2].digest: expected a digest …, got "sha256:zz"`. */
import * as t from 'io-ts'
import { printable, quoted } from './printable.js'

/** Maximum number of problems in one message. */
const maxProblems = 3

const identifier = /^[A-Za-z_$][\w$]*$/

/** A validation error: the value is well-formed but of an unsupported kind. The document as a whole is not invalid. */
export class UnsupportedValue implements t.ValidationError {
  constructor(
    readonly value: unknown,
    readonly context: t.Context,
  ) {}
}

/** Returns the path inside the document: `layers[2].annotations["a.b"]`. Empty for the document itself. */
function pathOf(context: t.Context): string {
  let path = ''
  context.forEach(({ key }, index) => {
    const parent = context[index - 1]
    // io-ts adds context entries for the members of an intersection or union, which are not part of the document.
    if (parent === undefined) return
    if (parent.type instanceof t.IntersectionType || parent.type instanceof t.UnionType) return
    if (Array.isArray(parent.actual)) path += `[${key}]`
    else if (identifier.test(key)) path += path === '' ? key : `.${key}`
    else path += `[${quoted(key, 60)}]`
  })
  return path
}

function formatValue(value: unknown): string {
  if (value === undefined) return 'nothing'
  if (typeof value === 'string') return quoted(value, 80)
  if (typeof value === 'number' || typeof value === 'boolean' || value === null) return String(value)
  return Array.isArray(value) ? 'an array' : 'an object'
}

function problemOf({ context, value, message }: t.ValidationError): string {
  const expected = context.at(-1)?.type.name ?? 'something else'
  return withPath(context, message ?? `expected ${printable(expected)}, got ${formatValue(value)}`)
}

/** Prefixes `problem` with the path of `context`: `layers[0].size: it is missing`. */
export function withPath(context: t.Context, problem: string): string {
  const path = pathOf(context)
  return path === '' ? problem : `${path}: ${problem}`
}

/** Returns the first problems, each with its path inside the document, as one message. */
export function jsonProblems(errors: t.Errors): string {
  const problems = [...new Set(errors.map(problemOf))]
  const more = problems.length > maxProblems ? `; and ${problems.length - maxProblems} more` : ''
  return problems.slice(0, maxProblems).join('; ') + more
}
