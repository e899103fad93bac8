/** The functions of templates: those of Go's text/template and of Docker that make sense for an image. */
import { isMap, isTruthy, show, type Value } from './show.js'

/** Explains why a function cannot be called. */
export class FunctionError extends Error {}

type Parameters = readonly (Value | undefined)[]

interface TemplateFunction {
  /** Minimum and maximum number of arguments. */
  readonly counts: readonly [number, number]
  readonly call: (parameters: Parameters) => Value | undefined
}

const define = (counts: TemplateFunction['counts'], call: TemplateFunction['call']): TemplateFunction => ({
  counts,
  call,
})

const textOf = (value: Value | undefined): string => {
  if (typeof value === 'string') return value
  throw new FunctionError('the argument is not a text')
}

const equal = (a: Value | undefined, b: Value | undefined): boolean =>
  JSON.stringify(a ?? null) === JSON.stringify(b ?? null)

const order = ([a, b]: Parameters): number => {
  if (typeof a === 'number' && typeof b === 'number') return a - b
  if (typeof a === 'string' && typeof b === 'string') return a < b ? -1 : a > b ? 1 : 0
  throw new FunctionError('two numbers or two texts are expected')
}

const many = Infinity

/** The functions by their names. */
export const functions: Readonly<Record<string, TemplateFunction>> = {
  json: define([1, 1], ([value]) => JSON.stringify(value ?? null)),
  len: define([1, 1], ([value]) => {
    if (typeof value === 'string' || Array.isArray(value)) return value.length
    if (isMap(value)) return Object.keys(value).length
    throw new FunctionError('only a text, a list or a map has a length')
  }),
  index: define([2, many], ([value, ...keys]) => keys.reduce(indexed, value)),
  join: define([2, 2], ([list, separator]) => {
    // Docker takes the list first, pipelines pass it last.
    const [items, between] = Array.isArray(list) ? [list, separator] : [separator, list]
    if (!Array.isArray(items)) throw new FunctionError('a list is expected')
    return items.map((item: Value) => show(item)).join(textOf(between))
  }),
  split: define([2, 2], ([text, separator]) => textOf(text).split(textOf(separator))),
  upper: define([1, 1], ([text]) => textOf(text).toUpperCase()),
  lower: define([1, 1], ([text]) => textOf(text).toLowerCase()),
  print: define([0, many], (values) => values.map(show).join('')),
  println: define([0, many], (values) => `${values.map(show).join(' ')}\n`),
  printf: define([1, many], ([format, ...values]) => formatted(textOf(format), values)),
  eq: define([2, many], ([first, ...others]) => others.some((other) => equal(first, other))),
  ne: define([2, 2], ([a, b]) => !equal(a, b)),
  lt: define([2, 2], (values) => order(values) < 0),
  le: define([2, 2], (values) => order(values) <= 0),
  gt: define([2, 2], (values) => order(values) > 0),
  ge: define([2, 2], (values) => order(values) >= 0),
  and: define([1, many], (values) => values.find((value) => !isTruthy(value)) ?? values.at(-1)),
  or: define([1, many], (values) => values.find(isTruthy) ?? values.at(-1)),
  not: define([1, 1], ([value]) => !isTruthy(value)),
}

function indexed(value: Value | undefined, key: Value | undefined): Value | undefined {
  if (isMap(value)) return Object.hasOwn(value, textOf(key)) ? value[textOf(key)] : undefined
  if (!Array.isArray(value)) throw new FunctionError('only a list or a map can be indexed')
  if (typeof key === 'number' && Number.isInteger(key) && key >= 0 && key < value.length)
    return (value as readonly Value[])[key]
  throw new FunctionError(`the list has ${value.length} elements and no element ${show(key)}`)
}

/** Supports %s, %v, %d, %q and %%. */
function formatted(format: string, values: Parameters): string {
  let next = 0
  return format.replace(/%(.?)/gs, (_, verb: string) => {
    if (verb === '%') return '%'
    if (!'svdq'.includes(verb) || verb === '')
      throw new FunctionError(`%${verb} is not supported; %s, %v, %d and %q are`)
    if (next >= values.length) throw new FunctionError(`there is no argument for %${verb}`)
    const value = values[next++]
    return verb === 'q' ? JSON.stringify(show(value)) : show(value)
  })
}
