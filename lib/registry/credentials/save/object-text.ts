/**
 * Edits the text of a JSON object. Only the named member changes: the other members keep their order, their spelling and the
 * white space around them, which parsing and writing the whole would not preserve.
 */

/** A member of an object: the offsets of its key, its value and its end. */
interface Member {
  readonly key: string
  readonly start: number
  readonly valueStart: number
  readonly end: number
}

/** White space with which members are written. */
interface Layout {
  /** Indentation of one level; undefined if the text has no line breaks. */
  readonly unit: string | undefined
  readonly depth: number
}

/**
 * Returns `text` with the member at `path` set to a value, or without it. Missing objects on the path are created; a member
 * on the path that is no object is replaced.
 * @param text - a JSON object
 * @param value - a value for `JSON.stringify`; undefined removes the member
 */
export function withMember(text: string, path: readonly [string, ...string[]], value: unknown): string {
  const open = text.indexOf('{')
  const members = membersOf(text, open)
  const isEmpty = members.length === 0
  const indent = isEmpty ? '\n\t' : /^\s*/.exec(text.slice(open + 1))![0]
  const unit = indent.includes('\n') ? (/[^\n\r]*$/.exec(indent)?.[0] ?? '') : undefined
  return edit(text, path, value, { unit: unit === '' ? '\t' : unit, depth: 1 })
}

function edit(
  text: string,
  [key, ...rest]: readonly [string, ...string[]],
  value: unknown,
  layout: Layout,
): string {
  const open = text.indexOf('{')
  const members = membersOf(text, open)
  // Of members with the same key, parsers take the last.
  const last = members.findLast((member) => member.key === key)
  const [next, ...others] = rest
  if (next === undefined)
    return value === undefined
      ? withoutKey(text, key)
      : put(text, members, open, last, key, format(value, layout), layout)
  const inner = last === undefined ? '' : text.slice(last.valueStart, last.end)
  const isObject = inner.startsWith('{')
  if (value === undefined && !isObject) return text
  const edited = edit(isObject ? inner : '{}', [next, ...others], value, {
    ...layout,
    depth: layout.depth + 1,
  })
  return put(text, members, open, last, key, edited, layout)
}

function put(
  text: string,
  members: readonly Member[],
  open: number,
  existing: Member | undefined,
  key: string,
  value: string,
  layout: Layout,
): string {
  if (existing !== undefined) return text.slice(0, existing.valueStart) + value + text.slice(existing.end)
  const separator = lineBreak(layout, layout.depth)
  const member = `${separator}${JSON.stringify(key)}:${layout.unit === undefined ? '' : ' '}${value}`
  const last = members.at(-1)
  if (last !== undefined) return `${text.slice(0, last.end)},${member}${text.slice(last.end)}`
  const close = text.indexOf('}', open)
  return `${text.slice(0, open + 1)}${member}${lineBreak(layout, layout.depth - 1)}${text.slice(close)}`
}

function withoutKey(text: string, key: string): string {
  const open = text.indexOf('{')
  const members = membersOf(text, open)
  const index = members.findLastIndex((member) => member.key === key)
  const member = members[index]
  if (member === undefined) return text
  const [before, after] = [members[index - 1], members[index + 1]]
  const close = closingBrace(text, member.end)
  const rest =
    after !== undefined
      ? text.slice(0, member.start) + text.slice(after.start)
      : text.slice(0, before?.end ?? open + 1) + text.slice(before === undefined ? close : member.end)
  return withoutKey(rest, key)
}

/** Returns the offset of the brace after the last member. */
const closingBrace = (text: string, end: number): number => text.indexOf('}', end)

const lineBreak = ({ unit }: Layout, depth: number): string =>
  unit === undefined ? '' : `\n${unit.repeat(depth)}`

function format(value: unknown, layout: Layout): string {
  if (layout.unit === undefined) return JSON.stringify(value)
  return JSON.stringify(value, undefined, layout.unit).replaceAll('\n', lineBreak(layout, layout.depth))
}

/** Lists the members of the object that starts at `open`. The text must be valid JSON. */
function membersOf(text: string, open: number): readonly Member[] {
  const members: Member[] = []
  for (let at = skipSpace(text, open + 1); text[at] === '"';) {
    const start = at
    const keyEnd = endOfString(text, start)
    const valueStart = skipSpace(text, skipSpace(text, keyEnd) + 1) // after the colon
    const end = endOfValue(text, valueStart)
    members.push({ key: JSON.parse(text.slice(start, keyEnd)) as string, start, valueStart, end })
    const comma = skipSpace(text, end)
    at = text[comma] === ',' ? skipSpace(text, comma + 1) : comma
  }
  return members
}

function skipSpace(text: string, from: number): number {
  let at = from
  while (/[\s]/.test(text[at] ?? 'x')) at++
  return at
}

function endOfString(text: string, from: number): number {
  let at = from + 1
  while (text[at] !== '"') at += text[at] === '\\' ? 2 : 1
  return at + 1
}

function endOfValue(text: string, from: number): number {
  let [at, depth] = [from, 0]
  for (;;) {
    const character = text[at]
    if (character === '"') {
      at = endOfString(text, at)
      if (depth === 0) return at
      continue
    }
    if (character === '{' || character === '[') depth++
    else if (character === '}' || character === ']') depth--
    else if (depth === 0 && (character === undefined || /[,\s}\]]/.test(character))) return at
    if (depth < 0) return at
    at++
    if (depth === 0 && (character === '}' || character === ']')) return at
  }
}
