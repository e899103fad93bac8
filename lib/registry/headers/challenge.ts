/**
 * `WWW-Authenticate` read as RFC 9110 §11.6.1 writes it: any number of challenges in any number of header fields,
 * parameters as tokens or quoted strings (commas and escapes inside), empty list elements, any case. What registries
 * write beside the grammar is read as it is meant: URLs without quotes, parameters without commas, empty values.
 */

export interface Challenge {
  /** Lower case: `bearer`, `basic`, … */
  readonly scheme: string
  /** By lower-case name; where a name is repeated, the first stands. */
  readonly parameters: ReadonlyMap<string, string>
  /** The scheme's credentials in one word, as `Negotiate` has them; empty where there is none. */
  readonly token68: string
}

const token = /[!#$%&'*+.^_`|~\w-]+/y
const token68 = /[\w.~+/-]+=*(?=[ \t]*(?:,|$))/y
const quoted = /"((?:[^"\\]|\\[^])*)"/y
/** A value without quotes, empty where the parameter ends at its `=`. A quote that nobody closes begins none. */
const unquoted = /[^\s,"]+|(?=[\s,]|$)/y
const blank = /[ \t]*/y
const separators = /[ \t,]*/y
const equals = /[ \t]*=[ \t]*/y
/** What must follow the name of a scheme; a word before anything else is the rest of a parameter. */
const schemeEnd = /(?=[ \t,]|$)/y

/** Longer headers are cut off here: no registry needs more, and nothing may grow without limit. */
const maxLength = 64 * 1024

class Reader {
  #at = 0
  readonly #text: string
  constructor(text: string) {
    this.#text = text
  }

  get done(): boolean {
    return this.#at >= this.#text.length
  }

  take(pattern: RegExp): RegExpExecArray | undefined {
    pattern.lastIndex = this.#at
    const match = pattern.exec(this.#text)
    if (match === null) return undefined
    this.#at = pattern.lastIndex
    return match
  }

  /** Runs `read`; what it consumed is given back when it finds nothing. */
  attempt<T>(read: () => T | undefined): T | undefined {
    const before = this.#at
    const found = read()
    if (found === undefined) this.#at = before
    return found
  }

  /** Leaves what cannot be understood: up to the next comma. */
  skip(): void {
    const comma = this.#text.indexOf(',', this.#at)
    this.#at = comma === -1 ? this.#text.length : comma + 1
  }
}

/** The challenges of one or several header fields, in order. What is malformed is passed over, never guessed at. */
export function parseChallenges(fields: string | readonly string[] | undefined): readonly Challenge[] {
  const text = (typeof fields === 'string' ? [fields] : (fields ?? [])).join(', ').slice(0, maxLength)
  const reader = new Reader(text)
  const challenges: Challenge[] = []
  for (;;) {
    reader.take(separators)
    if (reader.done) return challenges
    const scheme = reader.take(token)?.[0]
    if (scheme === undefined || reader.take(schemeEnd) === undefined) reader.skip()
    else challenges.push({ scheme: scheme.toLowerCase(), ...rest(reader) })
  }
}

function rest(reader: Reader): Omit<Challenge, 'scheme'> {
  const parameters = new Map<string, string>()
  reader.take(blank)
  // First, since its padding looks like a parameter without a value.
  const word = reader.take(token68)?.[0]
  if (word !== undefined) return { parameters, token68: word }
  const first = reader.attempt(() => parameter(reader))
  if (first === undefined) return { parameters, token68: '' }
  for (let next: Parameter | undefined = first; next !== undefined;) {
    if (!parameters.has(next.name)) parameters.set(next.name, next.value)
    // The comma may as well end the challenge: then the word after it has no `=`, and is the next scheme.
    next = reader.attempt(() => {
      reader.take(separators)
      return parameter(reader)
    })
  }
  return { parameters, token68: '' }
}

interface Parameter {
  readonly name: string
  readonly value: string
}

function parameter(reader: Reader): Parameter | undefined {
  const name = reader.take(token)?.[0]
  if (name === undefined || reader.take(equals) === undefined) return undefined
  const text = reader.take(quoted)?.[1]
  const value = text === undefined ? reader.take(unquoted)?.[0] : text.replace(/\\([^])/g, '$1')
  return value === undefined ? undefined : { name: name.toLowerCase(), value }
}
