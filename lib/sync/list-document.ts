/** Provides `ListDocument`, a YAML document that knows the line of each of its values. */
import type * as t from 'io-ts'
import {
  type Document,
  type Node,
  LineCounter,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  parseDocument,
  type YAMLMap,
} from 'yaml'
import { printable, quoted } from '../codec/index.js'
import { WindlassError } from '../errors.js'

/** Keys and positions that lead to a value. */
export type ListPath = readonly (string | number)[]

/** Maximum number of nodes that aliases may repeat. */
const maxAliasCount = 100

/** What a key of a mapping is to Windlass: read, refused, or without effect. */
export type KeyRule =
  | 'read'
  | { /** Why Windlass cannot do what the key asks for, as a clause. */ readonly refused: string }
  | { /** What to do in place of the key, as a sentence. */ readonly ignored: string }

/** The keys of a mapping. */
export type KeyRules<Key extends string = string> = Readonly<Record<Key, KeyRule>>

/** A YAML document whose scalars are all texts, so that a tag `1.10` is not the number 1.1. */
export class ListDocument {
  readonly #path: string
  readonly #document: Document.Parsed
  readonly #lines = new LineCounter()
  readonly #warnings: string[] = []
  /** The content: texts, arrays and objects. */
  readonly content: unknown

  /**
   * @param path - path of the file, for errors
   * @throws USAGE when `text` is not one YAML document
   */
  constructor(text: string, path: string) {
    this.#path = path
    this.#document = parseDocument(text, {
      ...{
        schema: 'failsafe',
        merge: true,
        lineCounter: this.#lines,
        prettyErrors: false,
        logLevel: 'error',
      },
    })
    const [first] = this.#document.errors
    if (first) throw this.#error(this.#lines.linePos(first.pos[0]).line, printable(first.message, 300))
    const content = this.#toContent()
    if (content === null || content === '') throw this.#error(1, 'it is empty')
    this.content = content
  }

  /** Sentences about keys without effect. */
  get warnings(): readonly string[] {
    return this.#warnings
  }

  /** Returns the line of the value at `path`, from 1; that of the closest value above it if it has none. */
  lineOf(path: ListPath): number {
    let node: Node | null = this.#document.contents
    let line = 1
    for (const key of path) {
      node = this.#resolved(node)
      const [start, child]: [Node | undefined, Node | null] = childOf(node, key)
      if (start?.range) ({ line } = this.#lines.linePos(start.range[0]))
      node = child
    }
    return line
  }

  /** Returns the error for the value at `path`. @param problem - a clause, such as `it is not a tag` */
  fault(path: ListPath, problem: string, hint?: string): WindlassError {
    const where = path.length === 0 ? '' : `${formatPath(path)}: `
    return this.#error(this.lineOf(path), `${where}${problem}`, hint)
  }

  /**
   * Returns the keys of the mapping at `path` that are read. Adds a warning for keys without effect. Keys that start with
   * `x-` are for the user, and keys with empty values are left out.
   * @throws USAGE when it is not a mapping, or for a key that is refused or unknown
   */
  fields(value: unknown, path: ListPath, rules: KeyRules): Readonly<Record<string, unknown>> {
    if (!isMapping(value))
      throw this.fault(path, `it must be a mapping, not ${Array.isArray(value) ? 'a list' : 'a text'}`)
    const entries = Object.entries(value).filter(([key]) => !key.startsWith('x-'))
    return Object.fromEntries(entries.filter(([key, each]) => this.#isRead([...path, key], key, each, rules)))
  }

  /** Decodes the value at `path`. @throws USAGE when `codec` rejects it; the name of the codec is in the message */
  decode<A>(codec: t.Type<A, unknown>, value: unknown, path: ListPath): A {
    const result = codec.decode(value)
    if (result._tag === 'Right') return result.right
    const error = result.left[0]
    const inner = error?.context.slice(1).map(({ key }) => (/^\d+$/.test(key) ? Number(key) : key)) ?? []
    const expected = error?.context.at(-1)?.type.name ?? codec.name
    const found = error?.value === undefined ? 'missing' : describe(error.value)
    throw this.fault([...path, ...inner], error?.message ?? `it must be ${expected}, not ${found}`)
  }

  #isRead(path: ListPath, key: string, value: unknown, rules: KeyRules): boolean {
    const rule = Object.hasOwn(rules, key) ? rules[key] : undefined
    if (rule === undefined)
      throw this.fault(path, 'there is no such key', `The keys here are ${Object.keys(rules).join(', ')}.`)
    if (value === '') return false
    if (rule === 'read') return true
    if ('refused' in rule) throw this.fault(path, `Windlass does not support this key: ${rule.refused}`)
    this.#warnings.push(
      `${this.#prefix(this.lineOf(path))}: ${formatPath(path)} has no effect: ${rule.ignored}`,
    )
    return false
  }

  #toContent(): unknown {
    try {
      return this.#document.toJS({ maxAliasCount }) as unknown
    } catch (cause) {
      // Aliases of aliases can make a short document expand to gigabytes.
      throw this.#error(1, cause instanceof Error ? printable(cause.message, 300) : 'it cannot be read')
    }
  }

  #resolved(node: Node | null): Node | null {
    return isAlias(node) ? (node.resolve(this.#document) ?? null) : node
  }

  #prefix(line: number): string {
    return `${printable(this.#path, 200)}, line ${line}`
  }

  #error(line: number, problem: string, hint?: string): WindlassError {
    return new WindlassError(
      'USAGE',
      `Failed to read the list of images in ${this.#prefix(line)}: ${problem}`,
      {
        ...{ path: this.#path, hint: hint ?? 'See docs/sync.md for the format of the file.' },
      },
    )
  }
}

/** Returns the node whose position is that of `key`, and the node of its value. */
function childOf(node: Node | null, key: string | number): [Node | undefined, Node | null] {
  if (isSeq(node)) {
    const item = node.items[Number(key)] as Node | undefined
    return [item, item ?? null]
  }
  if (!isMap(node)) return [undefined, null]
  const pair = (node as YAMLMap<Node, Node | null>).items.find(
    (each) => isScalar(each.key) && String(each.key.value) === String(key),
  )
  return [pair?.key, pair?.value ?? null]
}

const isMapping = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

function describe(value: unknown): string {
  if (typeof value === 'string') return quoted(value, 80)
  return Array.isArray(value) ? 'a list' : 'a mapping'
}

/** Formats a path as in the documents of regsync: `sync[0].tags.allow[1]`. */
const formatPath = (path: ListPath): string =>
  path
    .map((key, at) => {
      if (typeof key === 'number') return `[${key}]`
      if (/^[\w-]+$/.test(key)) return at === 0 ? key : `.${key}`
      return at === 0 ? quoted(key, 80) : `[${quoted(key, 80)}]`
    })
    .join('')
