/** Codecs of options. The name of each says what the option takes, as it stands in the error of a wrong value. */
import * as t from 'io-ts'
import { maxTimer } from '../../lib/flow/lifetime/timer.js'

/** A codec of what `is` says yes to. */
export const codec = <A>(name: string, is: (value: unknown) => value is A): t.Type<A, unknown> =>
  new t.Type<A, unknown, unknown>(
    name,
    is,
    (value, context) => (is(value) ? t.success(value) : t.failure(value, context)),
    t.identity,
  )

const isNumber = (value: unknown): value is number => typeof value === 'number' && Number.isFinite(value)

/** A safe integer of at least `least`. */
export const wholeNumber = (least: number): t.Type<number, unknown> =>
  codec(
    `a whole number of at least ${least}`,
    (value): value is number => Number.isSafeInteger(value) && isNumber(value) && value >= least,
  )

/** The same, of at most `most`. */
export const wholeNumberWithin = (least: number, most: number): t.Type<number, unknown> =>
  codec(
    `a whole number from ${least} to ${most}`,
    (value): value is number => wholeNumber(least).is(value) && value <= most,
  )

/** A finite number of at least `least` and at most `most`. */
export const numberWithin = (least: number, most: number, unit = ''): t.Type<number, unknown> =>
  codec(
    `a number${unit} from ${least} to ${most}`,
    (value): value is number => isNumber(value) && value >= least && value <= most,
  )

/** What a timer can wait. */
export const milliseconds = (least: number): t.Type<number, unknown> =>
  numberWithin(least, maxTimer, ' of milliseconds')

/** The same in whole seconds. */
export const maxSeconds = Math.floor(maxTimer / 1_000)

export const trueOrFalse = codec('true or false', (value): value is boolean => typeof value === 'boolean')

export const anyText = codec('a text', (value): value is string => typeof value === 'string')

export const texts = codec(
  'a list of texts',
  (value): value is readonly string[] => Array.isArray(value) && value.every(anyText.is),
)

export const text = codec(
  'a text that is not empty',
  (value): value is string => typeof value === 'string' && value !== '',
)

/** A path as the operating system takes it. */
export const path = codec('a path', (value): value is string => text.is(value) && !value.includes('\0'))

/** The value of a header field, in the characters that every server reads alike (RFC 9110, section 5.5). */
export const headerValue = codec(
  'a text in printable ASCII',
  (value): value is string => text.is(value) && /^[\x20-\x7e]+$/.test(value),
)

/** One of `choices`. */
export const oneOf = <const A extends string>(...choices: readonly A[]): t.Type<A, unknown> =>
  codec(choices.map((choice) => `"${choice}"`).join(' or '), (value): value is A =>
    choices.some((choice) => choice === value),
  )

/** A list of what passes `check`, which throws for all else. */
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

/** An `AbortSignal`, also one of another realm. */
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

/** A function of the type `F`, which cannot be seen from outside. */
export const functionOf = <F extends (...given: never[]) => unknown>(): t.Type<F, unknown> =>
  codec('a function', (value): value is F => typeof value === 'function')

/** An object with members of its own; no list. */
/** A plain object: what stands in it is its own, so that all of it is looked at. */
export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false
  const prototype: unknown = Object.getPrototypeOf(value)
  // That of another realm is as good as ours.
  return prototype === null || Object.getPrototypeOf(prototype) === null
}

/** An object each of whose values passes `values`. Nothing of the object stands in the error. */
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
