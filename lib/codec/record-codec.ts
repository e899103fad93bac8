/**
 * Objects inside a JSON document, read as the tools that write them mean them: `null` is the same as absent, an optional
 * field of the wrong kind is left out with a notice, and unknown fields are kept as they came.
 */
import * as t from 'io-ts'
import { at, jsonProblems } from './json-problems.js'

/** Receives one sentence about a field that was left out or filled in: `config.Labels: expected an object …`. */
export type ReceiveNotice = (notice: string) => void

/** The root of a context that `decodeJson` starts with. io-ts hands it down to every codec as it is. */
export interface NoticeContext extends t.ContextEntry {
  readonly notice?: ReceiveNotice | undefined
}

/** Where the notices of what is being decoded go, if anywhere. */
export const noticesOf = (context: t.Context): ReceiveNotice | undefined =>
  (context[0] as NoticeContext | undefined)?.notice

/** Reports `problem` of the value that `context` leads to. */
export function notify(context: t.Context, problem: string): void {
  noticesOf(context)?.(at(context, problem))
}

type Fields = Readonly<Record<string, t.Mixed>>
type Values<F extends Fields> = { readonly [K in keyof F]: t.TypeOf<F[K]> }

/** What a record decodes to: the fields that it names; others are there, but not in the type. */
export type RecordOf<R extends Fields, O extends Fields> = Values<R> & Partial<Values<O>>

/** A codec that knows its fields, so that tests can go through all of them. */
export class RecordType<A> extends t.Type<A, unknown> {
  constructor(
    name: string,
    /** Missing or wrong, the record is refused. */
    readonly required: Fields,
    /** Missing, `null` or wrong, the record does without. */
    readonly optional: Fields,
  ) {
    const [needed, others] = [Object.entries(required), Object.entries(optional)]
    super(
      name,
      (value): value is A =>
        isRecord(value) &&
        needed.every(([key, codec]) => codec.is(own(value, key))) &&
        others.every(([key, codec]) => !Object.hasOwn(value, key) || codec.is(value[key])),
      (value, context) => {
        if (!isRecord(value)) return t.failure(value, context)
        const record = { ...value }
        const within = (key: string, codec: t.Mixed): t.Context =>
          t.appendContext(context, key, codec, own(value, key))
        for (const [key, codec] of needed) {
          const result = codec.validate(own(value, key), within(key, codec))
          if (result._tag === 'Left') return result
          record[key] = result.right
        }
        for (const [key, codec] of others) {
          const given = own(value, key)
          const result = given === undefined ? undefined : codec.validate(given, within(key, codec))
          if (result?._tag === 'Right') record[key] = result.right
          // Not set to undefined: a record that is spread over another must not take away what that has.
          else Reflect.deleteProperty(record, key)
          if (result?._tag === 'Left') noticesOf(context)?.(`${jsonProblems(result.left)}; ${key} is ignored`)
        }
        return t.success(record as A)
      },
      t.identity,
    )
  }
}

export const record = <R extends Fields, O extends Fields>(
  name: string,
  required: R,
  optional: O,
): RecordType<RecordOf<R, O>> => new RecordType<RecordOf<R, O>>(name, required, optional)

/**
 * A required field that may be filled in: absent, `null` and `''` are `value`, with a notice that says what it is taken
 * for; what is there is read by `codec`.
 */
export const filledIn = <A>(codec: t.Type<A, unknown>, value: A, shown: string): t.Type<A, unknown> =>
  new t.Type<A, unknown, unknown>(
    codec.name,
    (given): given is A => codec.is(given),
    (given, context) => {
      if (given !== undefined && given !== null && given !== '') return codec.validate(given, context)
      notify(context, `it is missing and taken for ${shown}`)
      return t.success(value)
    },
    t.identity,
  )

/** The same without a notice: where a missing field is as good as an empty one. */
export const orElse = <A>(codec: t.Type<A, unknown>, value: A): t.Type<A, unknown> =>
  new t.Type<A, unknown, unknown>(
    codec.name,
    (given): given is A => codec.is(given),
    (given, context) =>
      given === undefined || given === null ? t.success(value) : codec.validate(given, context),
    t.identity,
  )

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** The own field of that name; `null` counts as none. */
const own = (value: Record<string, unknown>, key: string): unknown =>
  Object.hasOwn(value, key) ? (value[key] ?? undefined) : undefined
