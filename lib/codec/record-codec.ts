/**
 * Provides codecs for JSON objects. They tolerate what real tools write: `null` equals absent, an invalid optional
 * field is ignored with a notice, and unknown fields are kept.
 */
import * as t from 'io-ts'
import { withPath, jsonProblems } from './json-problems.js'

/** Receives a sentence about a field that was ignored or filled in: `config.Labels: expected an object …`. */
export type ReceiveNotice = (notice: string) => void

/**
 * Root entry of the io-ts context. `decodeJson` creates it and adds the receiver of notices, because io-ts passes the
 * context to every codec.
 */
export interface NoticeContext extends t.ContextEntry {
  readonly notice?: ReceiveNotice | undefined
}

/** Returns the receiver of notices for the document that is being decoded, if it has one. */
export const noticeReceiverOf = (context: t.Context): ReceiveNotice | undefined =>
  (context[0] as NoticeContext | undefined)?.notice

/** Sends a notice about the value at `context` to the receiver of notices, if there is one. */
export function notify(context: t.Context, problem: string): void {
  noticeReceiverOf(context)?.(withPath(context, problem))
}

type Fields = Readonly<Record<string, t.Mixed>>
type Values<F extends Fields> = { readonly [K in keyof F]: t.TypeOf<F[K]> }

/** The decoded type of a record. Unknown fields are kept in the value but are not part of the type. */
export type RecordOf<R extends Fields, O extends Fields> = Values<R> & Partial<Values<O>>

/** A codec for an object. Exposes its fields, so that tests can iterate over them. */
export class RecordType<A> extends t.Type<A, unknown> {
  /** @param name name of the record in messages */
  constructor(
    name: string,
    /** Fields without which the record is invalid. */
    readonly required: Fields,
    /** Fields that are left out if they are missing, `null` or invalid. */
    readonly optional: Fields,
  ) {
    const [requiredFields, optionalFields] = [Object.entries(required), Object.entries(optional)]
    super(
      name,
      (value): value is A =>
        isRecord(value) &&
        requiredFields.every(([key, codec]) => codec.is(ownField(value, key))) &&
        optionalFields.every(([key, codec]) => !Object.hasOwn(value, key) || codec.is(value[key])),
      (value, context) => {
        if (!isRecord(value)) return t.failure(value, context)
        const record = { ...value }
        const contextOf = (key: string, codec: t.Mixed): t.Context =>
          t.appendContext(context, key, codec, ownField(value, key))
        for (const [key, codec] of requiredFields) {
          const result = codec.validate(ownField(value, key), contextOf(key, codec))
          if (result._tag === 'Left') return result
          record[key] = result.right
        }
        for (const [key, codec] of optionalFields) {
          const given = ownField(value, key)
          const result = given === undefined ? undefined : codec.validate(given, contextOf(key, codec))
          if (result?._tag === 'Right') record[key] = result.right
          // Deleted instead of set to undefined: spreading the record must not overwrite fields of another object.
          else Reflect.deleteProperty(record, key)
          if (result?._tag === 'Left')
            noticeReceiverOf(context)?.(`${jsonProblems(result.left)}; ${key} is ignored`)
        }
        return t.success(record as A)
      },
      t.identity,
    )
  }
}

/** Returns a codec for an object with the given required and optional fields. */
export const record = <R extends Fields, O extends Fields>(
  name: string,
  required: R,
  optional: O,
): RecordType<RecordOf<R, O>> => new RecordType<RecordOf<R, O>>(name, required, optional)

/**
 * Returns a codec for a required field with a default: absent, `null` and `''` decode to `value`, with a notice. Other
 * values are decoded by `codec`.
 * @param display how the notice names the default
 */
export const withNoticedDefault = <A>(
  codec: t.Type<A, unknown>,
  value: A,
  display: string,
): t.Type<A, unknown> =>
  new t.Type<A, unknown, unknown>(
    codec.name,
    (given): given is A => codec.is(given),
    (given, context) => {
      if (given !== undefined && given !== null && given !== '') return codec.validate(given, context)
      notify(context, `it is missing; ${display} is assumed`)
      return t.success(value)
    },
    t.identity,
  )

/** Returns a codec that decodes absent and `null` to `value`, without a notice. Other values are decoded by `codec`. */
export const withSilentDefault = <A>(codec: t.Type<A, unknown>, value: A): t.Type<A, unknown> =>
  new t.Type<A, unknown, unknown>(
    codec.name,
    (given): given is A => codec.is(given),
    (given, context) =>
      given === undefined || given === null ? t.success(value) : codec.validate(given, context),
    t.identity,
  )

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** Returns the own field `key` of `value`; undefined if it is absent or `null`. */
const ownField = (value: Record<string, unknown>, key: string): unknown =>
  Object.hasOwn(value, key) ? (value[key] ?? undefined) : undefined
