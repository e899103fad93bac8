/**
 * Provides `listOf`, a codec for arrays that stops at the first invalid item. io-ts's own array codec collects one
 * error per item, which is expensive for a hostile document with millions of invalid items.
 */
import * as t from 'io-ts'

/**
 * Returns a codec for a list.
 * @param itemCodec codec of each item
 * @param name name of the list in messages
 * @param check validates the list as a whole; returns a problem, such as `expected at least one, got none`
 */
export function listOf<A>(
  itemCodec: t.Type<A, unknown>,
  name = `a list of ${itemCodec.name}s`,
  check: (items: readonly A[]) => string | undefined = () => undefined,
): t.Type<readonly A[], unknown> {
  return new t.Type<readonly A[], unknown, unknown>(
    name,
    (value): value is readonly A[] =>
      Array.isArray(value) && value.every((item) => itemCodec.is(item)) && check(value) === undefined,
    (value, context) => {
      if (!Array.isArray(value)) return t.failure(value, context)
      const items: A[] = []
      for (const [index, item] of (value as readonly unknown[]).entries()) {
        const result = itemCodec.validate(item, t.appendContext(context, String(index), itemCodec, item))
        if (result._tag === 'Left') return result
        items.push(result.right)
      }
      const problem = check(items)
      return problem === undefined ? t.success(items) : t.failure(value, context, problem)
    },
    t.identity,
  )
}
