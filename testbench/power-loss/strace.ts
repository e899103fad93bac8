/**
 * Parses the output of `strace -f -y`: system calls with their arguments, and the order of their beginnings and ends.
 */

/** An argument as strace shows it. */
export interface Argument {
  readonly text: string
  /** Bytes of a string as latin1. */
  readonly string?: string
  /** Whether strace truncated the string. */
  readonly cut?: boolean
  /** Number of a descriptor. `AT_FDCWD` has a path but no number. */
  readonly descriptor?: number
  readonly path?: string
}

export interface SystemCall {
  readonly thread: number
  readonly name: string
  readonly arguments: readonly Argument[]
  /** Undefined if the call did not return or has no result. */
  readonly result: number | undefined
}

/** Beginning or end of a call. In between, the call may take effect at any time, while other threads run. */
export interface TraceEvent {
  readonly line: number
  readonly moment: 'begin' | 'end'
  readonly call: SystemCall
}

/**
 * Parses the events of a trace, in order.
 * @throws Error for a line that is not in the format of strace
 */
export function parseTrace(text: string): TraceEvent[] {
  const events: { line: number; moment: TraceEvent['moment']; call: SystemCall | number }[] = []
  const calls: SystemCall[] = []
  const open = new Map<string, { readonly head: string; readonly at: number }>()
  const known = (thread: string, callText: string): SystemCall => {
    const call = parseCall(Number(thread), callText)
    calls.push(call)
    return call
  }
  for (const [at, row] of text.split('\n').entries()) {
    const line = at + 1
    const [, thread = '', entry = ''] = /^(\d+)\s+(.*)$/s.exec(row) ?? []
    if (entry === '') {
      if (row.trim() !== '')
        throw new Error(`Line ${line} is not in the format of strace: ${row.slice(0, 80)}`)
      continue
    }
    if (/^(\+\+\+|---) /.test(entry)) continue
    const resumed = /^<\.\.\. \w+ resumed>(.*)$/s.exec(entry)
    if (resumed) {
      const begun = open.get(thread)
      if (!begun) throw new Error(`Line ${line} resumes a call that did not begin`)
      open.delete(thread)
      const call = known(thread, begun.head + (resumed[1] ?? ''))
      events[begun.at]!.call = call
      events.push({ line, moment: 'end', call })
    } else if (entry.endsWith('<unfinished ...>')) {
      const head = entry.slice(0, -'<unfinished ...>'.length).trimEnd()
      open.set(thread, { head: head.endsWith(',') ? `${head} ` : head, at: events.length })
      events.push({ line, moment: 'begin', call: Number(thread) })
    } else {
      const call = known(thread, entry)
      events.push({ line, moment: 'begin', call }, { line, moment: 'end', call })
    }
  }
  // These calls did not return: the process was killed or has ended.
  for (const [thread, { head, at }] of open) events[at]!.call = known(thread, `${head}) = ?`)
  return events.map(({ line, moment, call }) => {
    if (typeof call === 'number') throw new Error(`Line ${line}: a call of thread ${call} was lost`)
    return { line, moment, call }
  })
}

/** Parses `name(arguments) = result`. */
function parseCall(thread: number, text: string): SystemCall {
  const name = /^\w+/.exec(text)?.[0]
  if (name === undefined || text[name.length] !== '(')
    throw new Error(`This is not a call: ${text.slice(0, 80)}`)
  const { parts, rest } = splitArguments(text.slice(name.length + 1))
  const result = /^\s*=\s+(-?\d+)/.exec(rest)?.[1]
  return {
    thread,
    name,
    arguments: parts.map(parseArgument),
    result: result === undefined ? undefined : Number(result),
  }
}

const closing: Readonly<Record<string, string>> = { '(': ')', '[': ']', '{': '}' }

/** Splits the arguments at commas. `rest` is the text after the closing parenthesis of the call. */
function splitArguments(text: string): { readonly parts: string[]; readonly rest: string } {
  const parts: string[] = []
  const expected: string[] = []
  let part = ''
  for (let at = 0; at < text.length; at++) {
    const char = text[at]!
    const quoted = char === '"' ? endOfString(text, at) : endOfPath(text, at)
    if (quoted !== undefined) {
      part += text.slice(at, quoted)
      at = quoted - 1
    } else if (expected.length === 0 && (char === ',' || char === ')')) {
      if (part.trim() !== '') parts.push(part.trim())
      if (char === ')') return { parts, rest: text.slice(at + 1) }
      part = ''
    } else {
      if (char in closing) expected.push(closing[char]!)
      else if (char === expected.at(-1)) expected.pop()
      part += char
    }
  }
  throw new Error(`This call has no end: ${text.slice(0, 80)}`)
}

/** Returns the index after the closing quote of the string that begins at `from`. */
function endOfString(text: string, from: number): number {
  let at = from + 1
  while (at < text.length && text[at] !== '"') at += text[at] === '\\' ? 2 : 1
  return at + 1
}

/** Returns the end of the path in angle brackets that begins at `from`, as -y appends it; undefined if there is none. */
function endOfPath(text: string, from: number): number | undefined {
  if (text[from] !== '<' || !/[\dD]/.test(text[from - 1] ?? '')) return undefined
  const end = text.indexOf('>', from)
  return end < 0 ? undefined : end + 1
}

function parseArgument(text: string): Argument {
  const string = /^"(.*)"(\.\.\.)?$/s.exec(text)
  if (string) return { text, string: unescape(string[1] ?? ''), cut: string[2] !== undefined }
  const [, number, path] = /^(\d+|AT_FDCWD)(?:<(.*)>(?:\(deleted\))?)?$/s.exec(text) ?? []
  if (number === undefined) return { text }
  return {
    text,
    ...(number !== 'AT_FDCWD' && { descriptor: Number(number) }),
    ...(path !== undefined && { path: unescape(path) }),
  }
}

/** Escapes of one letter. */
const namedEscapes: Readonly<Record<string, string>> = { n: '\n', t: '\t', r: '\r', v: '\v', f: '\f' }

/** Replaces C escapes, as strace writes them. */
const unescape = (text: string): string =>
  text.replace(/\\([0-7]{1,3}|x[0-9a-f]{2}|.)/gs, (_, code: string) => {
    if (/^[0-7]/.test(code)) return String.fromCharCode(parseInt(code, 8))
    if (/^x./.test(code)) return String.fromCharCode(parseInt(code.slice(1), 16))
    return namedEscapes[code] ?? code
  })
