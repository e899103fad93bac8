/** Lists the tags of a repository, in the order of the registry. */
import { WindlassError, asWindlassError } from '../../lib/errors.js'
import { type Reference, type TagsRequest, parseImageName, parseReference } from '../../lib/image/index.js'
import { quoted } from '../../lib/codec/index.js'
import type { RepositorySource } from '../../lib/registry/index.js'
import { noneFoundError, resolvedMessage, shortNameResolved } from './choice.js'
import type { RepositoryCandidate } from './located.js'

/** The tags of a repository, page by page. */
export interface ListedRepository {
  readonly reference: Reference
  readonly pages: AsyncIterable<readonly string[]>
}

/**
 * Returns the tags of the first of several repositories that a registry lists. If there is only one, no request is sent
 * before the first page is read.
 * @throws errors of the registry, if there are several
 */
export async function listFirst(
  typed: string,
  candidates: readonly RepositoryCandidate[],
  registries: RepositorySource,
  options: TagsRequest = {},
): Promise<ListedRepository> {
  const pagesOf = ({ reference }: RepositoryCandidate) => registries.repository(reference).tags(options)
  const report = ({ reference, reason }: RepositoryCandidate): void => {
    if (reason !== undefined && reference.name !== parseReference(typed).name)
      options.onWarning?.(shortNameResolved, resolvedMessage(typed, reference.name, reason))
  }
  const [first] = candidates
  if (first !== undefined && candidates.length === 1) {
    report(first)
    return { reference: first.reference, pages: pagesOf(first) }
  }
  const failures: WindlassError[] = []
  for (const candidate of candidates) {
    const pages = pagesOf(candidate)[Symbol.asyncIterator]()
    try {
      const page = await pages.next()
      report(candidate)
      const others = { [Symbol.asyncIterator]: () => pages }
      return { ...candidate, pages: page.done === true ? others : withFirst(page.value, others) }
    } catch (error) {
      if (options.signal?.aborted === true) throw error
      failures.push(asWindlassError(error))
    }
  }
  throw noneFoundError(typed, failures)
}

/** Yields the tags of the repository that `listFirst` returns. */
export async function* listTags(
  typed: string,
  candidates: readonly RepositoryCandidate[],
  registries: RepositorySource,
  options: TagsRequest = {},
): AsyncGenerator<string> {
  yield* tagsIn((await listFirst(typed, candidates, registries, options)).pages)
}

/** Yields the tags of all pages. */
export async function* tagsIn(pages: AsyncIterable<readonly string[]>): AsyncGenerator<string> {
  for await (const page of pages) yield* page
}

/**
 * Parses the name of a repository.
 * @param purpose - completes “Cannot …” in errors: `list tags`
 * @throws USAGE when the name has a tag or digest, or is a layout; REFERENCE_INVALID
 */
export function repositoryNamed(name: string, purpose: string): Reference {
  const named = parseImageName(name)
  if (named.kind === 'layout')
    throw new WindlassError(
      'USAGE',
      `Cannot ${purpose}: ${quoted(name)} is an image layout, not a repository`,
      {
        hint: 'List the images of a layout with “windlass images --store DIR”.',
      },
    )
  if (named.kind !== 'registry')
    throw new WindlassError(
      'USAGE',
      `Cannot ${purpose}: ${quoted(name)} is on this machine, not a repository of a registry`,
      { hint: 'Name a repository, such as quay.io/podman/hello.' },
    )
  const { reference } = named
  if (reference.tag === undefined && reference.digest === undefined) return reference
  throw new WindlassError('USAGE', `Cannot ${purpose}: ${quoted(name)} is one image, not a repository`, {
    reference: name,
    hint: 'Leave out the tag and the digest.',
  })
}

async function* withFirst<T>(first: T, others: AsyncIterable<T>): AsyncGenerator<T, void, undefined> {
  yield first
  yield* others
}
