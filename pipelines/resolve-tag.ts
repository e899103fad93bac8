/** Which tag a bare repository name means where `latest` need not exist: it if it is listed, else the first. */
import { defaultTag } from '../lib/image/index.js'
import { noTags } from './all-tags.js'

/**
 * Reads no more pages than it needs.
 * @throws MANIFEST_UNKNOWN where there are no tags at all, and what listing them fails with
 */
export async function latestOrFirst(tags: AsyncIterable<string>, name: string): Promise<string> {
  let first: string | undefined
  for await (const tag of tags) {
    if (tag === defaultTag) return tag
    first ??= tag
  }
  if (first === undefined) throw noTags(name)
  return first
}
