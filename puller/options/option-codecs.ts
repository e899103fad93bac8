/** Defines the codecs of options. The name of a codec completes an error message: "must be <name>". */
import * as t from 'io-ts'
import { maxTimer } from '../../lib/flow/lifetime/timer.js'

/** Returns a codec for the values that `is` accepts. */
export const codec = <A>(name: string, is: (value: unknown) => value is A): t.Type<A, unknown> =>
  new t.Type<A, unknown, unknown>(
    name,
    is,
    (value, context) => (is(value) ? t.success(value) : t.failure(value, context)),
    t.identity,
  )

const isNumber = (value: unknown): value is number => typeof value === 'number' && Number.isFinite(value)

/** A finite number. */
export const finiteNumber = codec('a finite number', isNumber)

/** Returns a codec for safe integers from `least`. */
export const wholeNumber = (least: number): t.Type<number, unknown> =>
  codec(
    `a whole number of at least ${least}`,
    (value): value is number => Number.isSafeInteger(value) && isNumber(value) && value >= least,
  )

/** Returns a codec for integers from `least` to `most`. */
export const wholeNumberWithin = (least: number, most: number): t.Type<number, unknown> =>
  codec(
    `a whole number from ${least} to ${most}`,
    (value): value is number => wholeNumber(least).is(value) && value <= most,
  )

/** Returns a codec for finite numbers from `least` to `most`. */
export const numberWithin = (least: number, most: number, unit = ''): t.Type<number, unknown> =>
  codec(
    `a number${unit} from ${least} to ${most}`,
    (value): value is number => isNumber(value) && value >= least && value <= most,
  )

/** Returns a codec for durations that a timer supports. */
export const milliseconds = (least: number): t.Type<number, unknown> =>
  numberWithin(least, maxTimer, ' of milliseconds')

/** Maximum duration of a timer in whole seconds. */
export const maxSeconds = Math.floor(maxTimer / 1_000)

/** A boolean. */
export const trueOrFalse = codec('true or false', (value): value is boolean => typeof value === 'boolean')

/** A string, possibly empty. */
export const anyText = codec('a text', (value): value is string => typeof value === 'string')

/** A list of strings. */
export const texts = codec(
  'a list of texts',
  (value): value is readonly string[] => Array.isArray(value) && value.every(anyText.is),
)

/** A string that is not empty. */
export const text = codec(
  'a text that is not empty',
  (value): value is string => typeof value === 'string' && value !== '',
)

/** A path that system calls accept: not empty and without NUL. */
export const path = codec('a path', (value): value is string => text.is(value) && !value.includes('\0'))

/** The value of a header field, in characters that all servers interpret alike (RFC 9110 §5.5). */
export const headerValue = codec(
  'a text in printable ASCII',
  (value): value is string => text.is(value) && /^[\x20-\x7e]+$/.test(value),
)

/** Returns a codec for one of `choices`. */
export const oneOf = <const A extends string>(...choices: readonly A[]): t.Type<A, unknown> =>
  codec(choices.map((choice) => `"${choice}"`).join(' or '), (value): value is A =>
    choices.some((choice) => choice === value),
  )

/** Returns a codec for a list of strings. `check` throws for an invalid item. */
export const listOf = (name: string, check: (item: string) => unknown): t.Type<readonly string[], unknown> =>
  codec(
    `a list of ${name}`,
    (value): value is readonly string[] =>
      Array.isArray(value) &&
      value.every((item) => {
        if (!text.is(item)) return false
        try {
          check(item)
          return true
        } catch {
          return false
        }
      }),
  )

/** An `AbortSignal`, possibly of another realm. */
export const abortSignal = codec(
  'an AbortSignal',
  (value): value is AbortSignal =>
    typeof value === 'object' &&
    value !== null &&
    'aborted' in value &&
    typeof value.aborted === 'boolean' &&
    'addEventListener' in value &&
    typeof value.addEventListener === 'function',
)

/** Returns a codec for functions. The type `F` cannot be checked at run time. */
export const functionOf = <F extends (...given: never[]) => unknown>(): t.Type<F, unknown> =>
  codec('a function', (value): value is F => typeof value === 'function')

/** Reports whether `value` is a plain object, so that `Object.entries` returns all of its members. */
export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false
  const prototype: unknown = Object.getPrototypeOf(value)
  // Also accepts the prototype of another realm.
  return prototype === null || Object.getPrototypeOf(prototype) === null
}

/** Returns a codec for an object whose keys and values are valid. */
export const recordOf = <A>(
  name: string,
  values: t.Type<A, unknown>,
  isKey: (key: string) => boolean,
): t.Type<Readonly<Record<string, A>>, unknown> =>
  codec(
    name,
    (value): value is Readonly<Record<string, A>> =>
      isRecord(value) && Object.entries(value).every(([key, each]) => isKey(key) && values.is(each)),
  )
