/** Reads the body and the query of a request to the API. */
import type { Context } from 'hono'
import type { Type } from 'io-ts'
import type { Parameter } from '../../lib/api/operations.js'
import { WindlassError } from '../../lib/errors.js'

/** Returns the body, decoded. @throws USAGE with the path of the first wrong member */
export async function readBody<T>(context: Context, codec: Type<T, unknown>): Promise<T> {
  const value: unknown = await context.req.json().catch(() => {
    throw new WindlassError('USAGE', 'The body of the request is not JSON')
  })
  const decoded = codec.decode(value)
  if (decoded._tag === 'Right') return decoded.right
  const [first] = decoded.left
  const path = first?.context
    .map(({ key }) => key)
    .filter((key) => key !== '' && !/^\d+$/.test(key))
    .join('.')
  const type = first?.context.at(-1)?.type.name
  throw new WindlassError(
    'USAGE',
    `The body of the request is wrong at ${path || 'its top'}: expected ${type}`,
  )
}

/** Returns the parameters of the query. @throws USAGE when one that is required is missing */
export function readQuery(
  context: Context,
  parameters: Readonly<Record<string, Parameter>>,
): Record<string, string | undefined> {
  const values = Object.keys(parameters).map((name) => [name, context.req.query(name)] as const)
  const missing = values.find(([name, value]) => parameters[name]?.required && (value ?? '') === '')
  if (missing) throw new WindlassError('USAGE', `The request has no parameter “${missing[0]}”`)
  return Object.fromEntries(values)
}
