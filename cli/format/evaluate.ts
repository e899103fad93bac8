/** Applies a template to data. */
import { FunctionError, functions } from './functions.js'
import type { Call, Node, Operand, Pipeline } from './nodes.js'
import { parseTemplate } from './parse.js'
import { templateError } from './problem.js'
import { isMap, isTruthy, keysOf, show, type Value, type ValueMap } from './show.js'

/** A parsed template. */
export interface Template {
  /** Returns the text for `data`. @throws USAGE, which names the position, when the data does not have what the template uses */
  apply(data: ValueMap): string
}

/** Parses a template. @throws as `parseTemplate` */
export function compileTemplate(template: string): Template {
  const nodes = parseTemplate(template)
  return { apply: (data) => new Evaluation(template, data).text(nodes, data, new Map([['', data]])) }
}

type Variables = ReadonlyMap<string, Value | undefined>

/** Maximum length of the output in characters, and maximum number of nodes: nested ranges multiply them. */
const limits = { output: 2 ** 22, nodes: 300_000 }

class Evaluation {
  readonly #template: string
  readonly #data: ValueMap
  #written = 0
  #visited = 0

  constructor(template: string, data: ValueMap) {
    this.#template = template
    this.#data = data
  }

  text(nodes: readonly Node[], dot: Value | undefined, variables: Variables): string {
    const known = new Map(variables)
    const parts: string[] = []
    const add = (text: string, at: number): void => {
      this.#written += text.length
      if (this.#written > limits.output) throw templateError(this.#template, at, 'the output is too long')
      parts.push(text)
    }
    for (const node of nodes) {
      if (++this.#visited > limits.nodes) throw templateError(this.#template, 0, 'its ranges are too long')
      switch (node.kind) {
        case 'text':
          add(node.text, 0)
          break
        case 'value': {
          const value = this.#pipeline(node.pipeline, dot, known)
          if (node.variable === undefined) add(show(value), node.pipeline.at)
          else known.set(node.variable, value)
          break
        }
        case 'range':
          parts.push(this.#range(node, dot, known))
          break
        default: {
          const value = this.#pipeline(node.pipeline, dot, known)
          const [body, inner] = isTruthy(value)
            ? [node.body, node.kind === 'with' ? value : dot]
            : [node.otherwise, dot]
          parts.push(this.text(body, inner, known))
        }
      }
    }
    return parts.join('')
  }

  #range(
    { pipeline, variables, body, otherwise }: Exclude<Node, { kind: 'text' | 'value' }>,
    dot: Value | undefined,
    known: Variables,
  ): string {
    const value = this.#pipeline(pipeline, dot, known)
    const items = itemsOf(value)
    if (!items) throw templateError(this.#template, pipeline.at, 'only a list or a map can be ranged over')
    if (items.length === 0) return this.text(otherwise, dot, known)
    return items
      .map(([key, item]) => {
        const inner = new Map(known)
        const [first, second] = variables
        if (first !== undefined) inner.set(first, second === undefined ? item : key)
        if (second !== undefined) inner.set(second, item)
        return this.text(body, item, inner)
      })
      .join('')
  }

  #pipeline({ calls }: Pipeline, dot: Value | undefined, known: Variables): Value | undefined {
    let result: Value | undefined
    calls.forEach((call, position) => {
      result = this.#call(call, position === 0 ? [] : [result], dot, known)
    })
    return result
  }

  #call(
    { operand, parameters }: Call,
    last: readonly (Value | undefined)[],
    dot: Value | undefined,
    known: Variables,
  ): Value | undefined {
    if (operand.kind !== 'function') return this.#operand(operand, dot, known)
    const given = [...parameters.map((each) => this.#operand(each, dot, known)), ...last]
    return this.#apply(operand.name, given, operand.at)
  }

  #apply(name: string, given: readonly (Value | undefined)[], at: number): Value | undefined {
    const known = functions[name]
    const [min, max] = known?.counts ?? [0, 0]
    if (!known || given.length < min || given.length > max)
      throw templateError(
        this.#template,
        at,
        `${name} takes ${min === max ? min : max === Infinity ? `at least ${min}` : `${min} to ${max}`} arguments, not ${given.length}`,
      )
    try {
      return known.call(given)
    } catch (error) {
      if (error instanceof FunctionError) throw templateError(this.#template, at, `${name}: ${error.message}`)
      throw error
    }
  }

  #operand(operand: Operand, dot: Value | undefined, known: Variables): Value | undefined {
    switch (operand.kind) {
      case 'literal':
        return operand.value
      case 'field':
        return this.#fields(dot, operand.names, operand.at)
      case 'variable':
        if (!known.has(operand.name))
          throw templateError(this.#template, operand.at, `the variable $${operand.name} is not defined`)
        return this.#fields(known.get(operand.name), operand.names, operand.at)
      case 'pipeline':
        return this.#pipeline(operand.pipeline, dot, known)
      case 'function':
        return this.#apply(operand.name, [], operand.at)
    }
  }

  #fields(from: Value | undefined, names: readonly string[], at: number): Value | undefined {
    return names.reduce<Value | undefined>((value, name) => {
      if (value === undefined || value === null) return undefined
      if (!isMap(value))
        throw templateError(this.#template, at, `${show(value).slice(0, 40)} has no field ${name}`)
      if (Object.hasOwn(value, name)) return value[name]
      if (value !== this.#data) return undefined
      throw templateError(
        this.#template,
        at,
        `there is no field ${name}; there are ${Object.keys(this.#data).join(', ')}`,
      )
    }, from)
  }
}

/** Returns the elements of a list, or those of a map in the order of its keys; none for null. Undefined for other values. */
function itemsOf(value: Value | undefined): readonly (readonly [Value, Value])[] | undefined {
  if (value === undefined || value === null) return []
  if (Array.isArray(value)) return (value as readonly Value[]).map((item, at) => [at, item] as const)
  if (isMap(value)) return keysOf(value).map((key) => [key, value[key] ?? null] as const)
  return undefined
}
