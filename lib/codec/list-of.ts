/**
 * Arrays inside a JSON document. Unlike io-ts's own, a list stops at its first wrong item: a hostile document of
 * millions of wrong items costs one error, not millions.
 */
import * as t from 'io-ts'

/**
 * A list of what `item` decodes. `check` sees the whole list and answers with what is wrong with it, as in
 * `expected at least one, got none`.
 */
export function listOf<A>(
  item: t.Type<A, unknown>,
  name = `a list of ${item.name}s`,
  check: (items: readonly A[]) => string | undefined = () => undefined,
): t.Type<readonly A[], unknown> {
  return new t.Type<readonly A[], unknown, unknown>(
    name,
    (value): value is readonly A[] =>
      Array.isArray(value) && value.every((one) => item.is(one)) && check(value) === undefined,
    (value, context) => {
      if (!Array.isArray(value)) return t.failure(value, context)
      const items: A[] = []
      for (const [index, one] of (value as readonly unknown[]).entries()) {
        const result = item.validate(one, t.appendContext(context, String(index), item, one))
        if (result._tag === 'Left') return result
        items.push(result.right)
      }
      const problem = check(items)
      return problem === undefined ? t.success(items) : t.failure(value, context, problem)
    },
    t.identity,
  )
}
