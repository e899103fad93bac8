/** Chooses a tag for a repository name that was given without one. The repository need not have the tag `latest`. */
import { defaultTag } from '../lib/image/index.js'
import { noTagsError } from './all-tags.js'

/**
 * Returns `latest` if it is listed, else the first tag. Stops reading the list when it finds `latest`.
 * @throws MANIFEST_UNKNOWN when there are no tags; any error of listing them
 */
export async function latestOrFirst(tags: AsyncIterable<string>, name: string): Promise<string> {
  let first: string | undefined
  for await (const tag of tags) {
    if (tag === defaultTag) return tag
    first ??= tag
  }
  if (first === undefined) throw noTagsError(name)
  return first
}
