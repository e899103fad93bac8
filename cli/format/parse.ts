/** Parses templates. */
import { functions } from './functions.js'
import type { Call, Node, Operand, Pipeline } from './nodes.js'
import { templateError } from './problem.js'
import { type Part, splitTemplate, type Token } from './tokens.js'

/** Maximum length of a template in characters, and maximum depth of blocks and parentheses. */
const limits = { length: 65_536, depth: 50 }

/** Words that start, divide or end a block. */
const keywords: ReadonlySet<string> = new Set(['if', 'else', 'end', 'range', 'with'])

/**
 * Parses a template.
 * @throws USAGE, which names the position, when it is not valid or contains something that is not supported
 */
export function parseTemplate(template: string): readonly Node[] {
  if (template.length > limits.length)
    throw templateError(template, limits.length, `it has more than ${limits.length} characters`)
  return new Parser(template).parse()
}

type Action = Extract<Part, { kind: 'action' }>

class Parser {
  readonly #template: string
  readonly #parts: readonly Part[]
  #part = 0
  /** The tokens of the current action, and the number of those that were read. */
  #tokens: readonly Token[] = []
  #read = 0
  #end = 0
  #depth = 0

  constructor(template: string) {
    this.#template = template
    this.#parts = splitTemplate(template)
  }

  parse(): readonly Node[] {
    const { nodes, stop } = this.#nodes()
    if (stop) throw this.#error(stop.at, 'there is no block to end here')
    return nodes
  }

  /** Reads nodes up to an `else` or `end`, which is returned as `stop`, or to the end of the template. */
  #nodes(): { nodes: Node[]; stop?: Action } {
    const nodes: Node[] = []
    for (let part = this.#parts[this.#part]; part; part = this.#parts[this.#part]) {
      this.#part++
      if (part.kind === 'text') {
        nodes.push(part)
        continue
      }
      this.#tokens = part.tokens
      this.#read = 0
      this.#end = part.end - 2
      const [first] = part.tokens
      if (!first) throw this.#error(part.at, 'the action is empty')
      if (first.kind === 'word' && (first.value === 'else' || first.value === 'end'))
        return { nodes, stop: part }
      nodes.push(
        first.kind === 'word' && keywords.has(first.value) ? this.#block(first, part) : this.#value(),
      )
    }
    return { nodes }
  }

  #block(keyword: Extract<Token, { kind: 'word' }>, start: Action): Node {
    this.#deeper(keyword.at)
    this.#read++
    const kind = keyword.value as 'if' | 'with' | 'range'
    const variables = kind === 'range' ? this.#rangeVariables() : []
    const pipeline = this.#pipeline()
    this.#expectEnd()
    const { nodes: body, stop } = this.#nodes()
    const otherwise = this.#otherwise(stop, start)
    this.#depth--
    return { kind, pipeline, variables, body, otherwise }
  }

  /** Reads what follows `{{else}}` up to `{{end}}`. `{{else if …}}` is an `if` in the else. */
  #otherwise(stop: Action | undefined, start: Action): readonly Node[] {
    if (!stop) throw this.#error(start.at, 'the block is not closed by {{end}}')
    const [word, next] = stop.tokens
    if (word?.kind === 'word' && word.value === 'end') {
      this.#read = 1
      this.#expectEnd()
      return []
    }
    if (next?.kind === 'word' && (next.value === 'if' || next.value === 'with')) {
      this.#read = 1
      return [this.#block(next, stop)]
    }
    this.#read = 1
    this.#expectEnd()
    const { nodes, stop: end } = this.#nodes()
    const [last] = end?.tokens ?? []
    if (!end || last?.kind !== 'word' || last.value !== 'end')
      throw this.#error(end?.at ?? start.at, 'the block is not closed by {{end}}')
    this.#read = 1
    this.#expectEnd()
    return nodes
  }

  /** Reads `$x :=` or `$i, $x :=`, if they are there. */
  #rangeVariables(): readonly string[] {
    const names: string[] = []
    const start = this.#read
    for (;;) {
      const token = this.#tokens[this.#read]
      if (token?.kind !== 'variable' || token.name === '' || token.names.length > 0) break
      names.push(token.name)
      this.#read++
      const next = this.#tokens[this.#read]
      if (next?.kind !== 'sign') break
      if (next.value === ':=' && names.length <= 2) {
        this.#read++
        return names
      }
      if (next.value !== ',') break
      this.#read++
    }
    this.#read = start
    return []
  }

  #value(): Node {
    const [first, second] = this.#tokens
    if (
      first?.kind === 'variable' &&
      first.name !== '' &&
      first.names.length === 0 &&
      second?.kind === 'sign' &&
      second.value === ':='
    ) {
      this.#read = 2
      const pipeline = this.#pipeline()
      this.#expectEnd()
      return { kind: 'value', pipeline, variable: first.name }
    }
    const pipeline = this.#pipeline()
    this.#expectEnd()
    return { kind: 'value', pipeline }
  }

  #pipeline(): Pipeline {
    const at = this.#at()
    const calls = [this.#call(true)]
    while (this.#takeSign('|')) calls.push(this.#call(false))
    return { calls, at }
  }

  #call(isFirst: boolean): Call {
    const operand = this.#operand()
    if (!operand) throw this.#error(this.#at(), 'a value is missing here')
    if (operand.kind !== 'function' && !isFirst)
      throw this.#error(operand.at, 'after |, a function is expected')
    const parameters: Operand[] = []
    for (let next = this.#operand(); next; next = this.#operand()) {
      if (operand.kind !== 'function') throw this.#error(next.at, 'only a function takes arguments')
      parameters.push(next)
    }
    return { operand, parameters }
  }

  #operand(): Operand | undefined {
    const token = this.#tokens[this.#read]
    if (!token) return undefined
    const { at } = token
    switch (token.kind) {
      case 'string':
      case 'number':
        this.#read++
        return { kind: 'literal', value: token.value, at }
      case 'field':
      case 'variable':
        this.#read++
        return token
      case 'word':
        this.#read++
        return this.#word(token.value, at)
      case 'sign': {
        if (token.value !== '(') return undefined
        this.#deeper(at)
        this.#read++
        const pipeline = this.#pipeline()
        if (!this.#takeSign(')')) throw this.#error(this.#at(), 'the parenthesis is not closed')
        this.#depth--
        return { kind: 'pipeline', pipeline, at }
      }
    }
  }

  #word(value: string, at: number): Operand {
    if (value === 'true' || value === 'false') return { kind: 'literal', value: value === 'true', at }
    if (value === 'nil') return { kind: 'literal', value: null, at }
    if (keywords.has(value)) throw this.#error(at, `${value} must be the first word of an action`)
    if (Object.hasOwn(functions, value)) return { kind: 'function', name: value, at }
    throw this.#error(at, `there is no function ${value}; there are ${Object.keys(functions).join(', ')}`)
  }

  #takeSign(sign: '|' | ')'): boolean {
    const token = this.#tokens[this.#read]
    if (token?.kind !== 'sign' || token.value !== sign) return false
    this.#read++
    return true
  }

  #expectEnd(): void {
    const token = this.#tokens[this.#read]
    if (token) throw this.#error(token.at, 'this is not expected here')
  }

  /** Position of the next token, or of the end of the action. */
  #at(): number {
    return this.#tokens[this.#read]?.at ?? this.#end
  }

  #deeper(at: number): void {
    if (++this.#depth > limits.depth)
      throw this.#error(at, `it is nested more than ${limits.depth} levels deep`)
  }

  #error(at: number, problem: string): Error {
    return templateError(this.#template, at, problem)
  }
}
