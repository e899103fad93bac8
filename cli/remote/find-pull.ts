/** Finds the pull of a server that a user names by the start of its id. */
import type { WindlassClient } from '../../lib/api/client.js'
import type { PullRecord } from '../../lib/api/shapes.js'
import { maxImageNameLength, printable, quoted } from '../../lib/codec/printable.js'
import { WindlassError } from '../../lib/errors.js'

/** Returns the pull whose id is `start`, or the only one whose id starts with it. @throws PULL_UNKNOWN, USAGE */
export async function findPull(client: WindlassClient, start: string): Promise<PullRecord> {
  const pulls = await client.pulls()
  const exact = pulls.find(({ id }) => id === start)
  if (exact) return exact
  const [first, ...others] = start === '' ? [] : pulls.filter(({ id }) => id.startsWith(start))
  if (!first)
    throw new WindlassError('PULL_UNKNOWN', `The server has no pull ${quoted(start)}`, {
      hint: '“windlass ps -a” lists the pulls.',
    })
  if (others.length === 0) return first
  const all = [first, ...others].map(
    ({ id, order }) => `${id} (${printable(order.image, maxImageNameLength)})`,
  )
  throw new WindlassError('USAGE', `Several pulls have an id that starts with ${quoted(start)}`, {
    hint: `Give more of the id: ${all.join(', ')}.`,
  })
}
