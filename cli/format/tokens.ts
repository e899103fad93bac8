/** Splits a template into text and the tokens of its actions (Go, text/template). */
import { templateError } from './problem.js'

/** A part of an action. `at` is its position in the template. */
export type Token =
  | { readonly kind: 'string'; readonly value: string; readonly at: number }
  | { readonly kind: 'number'; readonly value: number; readonly at: number }
  /** `.`, `.A`, `.A.B`: the names of the fields. */
  | { readonly kind: 'field'; readonly names: readonly string[]; readonly at: number }
  /** `$`, `$x`, `$x.A`: the name without the dollar, and the names of fields. */
  | {
      readonly kind: 'variable'
      readonly name: string
      readonly names: readonly string[]
      readonly at: number
    }
  | { readonly kind: 'word'; readonly value: string; readonly at: number }
  | { readonly kind: 'sign'; readonly value: '(' | ')' | '|' | ':=' | ','; readonly at: number }

/** A part of a template: text, or the tokens between `{{` and `}}`. */
export type Part =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'action'; readonly tokens: readonly Token[]; readonly at: number; readonly end: number }

const space = /[ \t\r\n]/

/**
 * Splits a template. `{{-` and `-}}` remove the white space before and after; comments `{{/* … *\/}}` are removed.
 * @throws USAGE when an action does not end or has an unknown character
 */
export function splitTemplate(template: string): readonly Part[] {
  const parts: Part[] = []
  let at = 0
  let trimNext = false
  const addText = (text: string): void => {
    if (text !== '') parts.push({ kind: 'text', text })
  }
  while (at < template.length) {
    const start = template.indexOf('{{', at)
    const raw = template.slice(at, start < 0 ? template.length : start)
    const text = trimNext ? raw.trimStart() : raw
    if (start < 0) {
      addText(text)
      break
    }
    const inner = start + 2
    const trimBefore = template[inner] === '-' && space.test(template[inner + 1] ?? '')
    addText(trimBefore ? text.trimEnd() : text)
    const action = readAction(template, trimBefore ? inner + 1 : inner, start)
    if (action.tokens) parts.push({ kind: 'action', tokens: action.tokens, at: start, end: action.end })
    trimNext = action.trimsAfter
    at = action.end
  }
  return parts
}

interface Action {
  /** Undefined for a comment. */
  readonly tokens: readonly Token[] | undefined
  readonly end: number
  readonly trimsAfter: boolean
}

function readAction(template: string, from: number, start: number): Action {
  const comment = /[ \t\r\n]*\/\*[^]*?\*\/([ \t\r\n]-)?\}\}/y
  comment.lastIndex = from
  const found = comment.exec(template)
  if (found) return { tokens: undefined, end: comment.lastIndex, trimsAfter: found[1] !== undefined }
  const tokens: Token[] = []
  let at = from
  for (;;) {
    const isSpace = space.test(template[at] ?? '')
    if (isSpace && template.startsWith('-}}', at + 1)) return { tokens, end: at + 4, trimsAfter: true }
    if (template.startsWith('}}', at)) return { tokens, end: at + 2, trimsAfter: false }
    if (at >= template.length) throw templateError(template, start, 'the action is not closed by }}')
    if (isSpace) {
      at++
      continue
    }
    const [token, next] = readToken(template, at)
    tokens.push(token)
    at = next
  }
}

const patterns = {
  sign: /:=|[()|,]/y,
  string: /"(?:[^"\\\n]|\\.)*"/y,
  raw: /`[^`]*`/y,
  number: /-?\d{1,15}(?:\.\d{1,15})?(?![\w.])/y,
  field: /\.(?:[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*)?(?![\w.])/y,
  variable: /\$\w*(?:\.[A-Za-z_]\w*)*(?![\w.])/y,
  word: /[A-Za-z_]\w*/y,
} as const

function readToken(template: string, at: number): readonly [Token, number] {
  const match = (pattern: RegExp): string | undefined => {
    pattern.lastIndex = at
    return pattern.exec(template)?.[0]
  }
  const sign = match(patterns.sign)
  if (sign === '(' || sign === ')' || sign === '|' || sign === ':=' || sign === ',')
    return [{ kind: 'sign', value: sign, at }, at + sign.length]
  const string = match(patterns.string)
  if (string !== undefined)
    return [{ kind: 'string', value: unquote(string, template, at), at }, at + string.length]
  const raw = match(patterns.raw)
  if (raw !== undefined) return [{ kind: 'string', value: raw.slice(1, -1), at }, at + raw.length]
  const number = match(patterns.number)
  if (number !== undefined) return [{ kind: 'number', value: Number(number), at }, at + number.length]
  const field = match(patterns.field)
  if (field !== undefined) {
    const names = field.split('.').filter((name) => name !== '')
    return [{ kind: 'field', names, at }, at + field.length]
  }
  const variable = match(patterns.variable)
  if (variable !== undefined) {
    const [name = '', ...names] = variable.slice(1).split('.')
    return [{ kind: 'variable', name, names, at }, at + variable.length]
  }
  const word = match(patterns.word)
  if (word !== undefined) return [{ kind: 'word', value: word, at }, at + word.length]
  throw templateError(template, at, 'this is not expected in an action')
}

/** Evaluates a string literal. The escapes of Go that JSON lacks are not supported. */
function unquote(literal: string, template: string, at: number): string {
  try {
    return String(JSON.parse(literal))
  } catch {
    throw templateError(template, at, 'the text in quotes has an escape that is not supported')
  }
}
