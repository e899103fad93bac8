/**
 * Parses `WWW-Authenticate` (RFC 9110 §11.6.1): several challenges in several fields, parameters as tokens or quoted
 * strings, empty list elements, any case. Common deviations are accepted: URLs without quotes, parameters without
 * commas, empty values.
 */

/** One challenge of a server. */
export interface Challenge {
  /** Scheme in lower case: `bearer`, `basic`, … */
  readonly scheme: string
  /** Parameters by lower-case name. The first of several with the same name is used. */
  readonly parameters: ReadonlyMap<string, string>
  /** The token68 credentials of the scheme, as in `Negotiate`; empty if there are none. */
  readonly token68: string
}

const token = /[!#$%&'*+.^_`|~\w-]+/y
const token68 = /[\w.~+/-]+=*(?=[ \t]*(?:,|$))/y
const quoted = /"((?:[^"\\]|\\[^])*)"/y
/** A value without quotes; empty if the parameter ends after `=`. An unclosed quote does not start a value. */
const unquoted = /[^\s,"]+|(?=[\s,]|$)/y
const blank = /[ \t]*/y
const separators = /[ \t,]*/y
const equals = /[ \t]*=[ \t]*/y
/** Lookahead after the name of a scheme. A word followed by anything else belongs to a parameter. */
const schemeEnd = /(?=[ \t,]|$)/y

/** Maximum length in characters. Longer headers are truncated. */
const maxLength = 64 * 1024

/** Reads a text from left to right with sticky regular expressions. */
class Reader {
  #at = 0
  readonly #text: string
  constructor(text: string) {
    this.#text = text
  }

  get isAtEnd(): boolean {
    return this.#at >= this.#text.length
  }

  /** Matches `pattern` at the current position and moves past the match. Returns undefined if it does not match. */
  take(pattern: RegExp): RegExpExecArray | undefined {
    pattern.lastIndex = this.#at
    const match = pattern.exec(this.#text)
    if (match === null) return undefined
    this.#at = pattern.lastIndex
    return match
  }

  /** Runs `read` and restores the position if it finds nothing. */
  attempt<T>(read: () => T | undefined): T | undefined {
    const before = this.#at
    const found = read()
    if (found === undefined) this.#at = before
    return found
  }

  /** Skips to the next comma, over text that cannot be parsed. */
  skip(): void {
    const comma = this.#text.indexOf(',', this.#at)
    this.#at = comma === -1 ? this.#text.length : comma + 1
  }
}

/** Parses the challenges in one or more header fields, in order. Malformed parts are skipped. */
export function parseChallenges(fields: string | readonly string[] | undefined): readonly Challenge[] {
  const text = (typeof fields === 'string' ? [fields] : (fields ?? [])).join(', ').slice(0, maxLength)
  const reader = new Reader(text)
  const challenges: Challenge[] = []
  for (;;) {
    reader.take(separators)
    if (reader.isAtEnd) return challenges
    const scheme = reader.take(token)?.[0]
    if (scheme === undefined || reader.take(schemeEnd) === undefined) reader.skip()
    else challenges.push({ scheme: scheme.toLowerCase(), ...parseBody(reader) })
  }
}

function parseBody(reader: Reader): Omit<Challenge, 'scheme'> {
  const parameters = new Map<string, string>()
  reader.take(blank)
  // Tried first, since the padding of token68 looks like a parameter without a value.
  const word = reader.take(token68)?.[0]
  if (word !== undefined) return { parameters, token68: word }
  const first = reader.attempt(() => readParameter(reader))
  if (first === undefined) return { parameters, token68: '' }
  for (let next: Parameter | undefined = first; next !== undefined;) {
    if (!parameters.has(next.name)) parameters.set(next.name, next.value)
    // The comma may also end the challenge. The next word then has no `=` and is the next scheme.
    next = reader.attempt(() => {
      reader.take(separators)
      return readParameter(reader)
    })
  }
  return { parameters, token68: '' }
}

interface Parameter {
  readonly name: string
  readonly value: string
}

function readParameter(reader: Reader): Parameter | undefined {
  const name = reader.take(token)?.[0]
  if (name === undefined || reader.take(equals) === undefined) return undefined
  const text = reader.take(quoted)?.[1]
  const value = text === undefined ? reader.take(unquoted)?.[0] : text.replace(/\\([^])/g, '$1')
  return value === undefined ? undefined : { name: name.toLowerCase(), value }
}
