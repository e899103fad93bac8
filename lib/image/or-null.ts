/**
 * Fields that Go programs write as `null` when they are empty. Unlike a union, it reports one error, not two.
 */
import * as t from 'io-ts'

/** What `codec` decodes, or `null`. */
export const orNull = <A>(codec: t.Type<A, unknown>): t.Type<A | null, unknown> =>
  new t.Type<A | null, unknown, unknown>(
    `${codec.name} or null`,
    (value): value is A | null => value === null || codec.is(value),
    (value, context) => (value === null ? t.success(null) : codec.validate(value, context)),
    t.identity,
  )
