/**
 * Removes tags of a repository (distribution spec, "Deleting Tags" and "Deleting Manifests").
 *
 * Some registries, such as Docker's until version 3, only delete manifests by their digests, and with them every tag that
 * points there. Such a manifest is deleted only if no other tag needs it, itself or by way of an index.
 */
import { WindlassError, asWindlassError } from '../../errors.js'
import type { Digest } from '../../image/digest/digest.js'
import type { SinkRequest, TagRemoval } from '../../image/sink.js'
import { deleteScope } from '../auth/scope.js'
import { discard } from '../http/discard.js'
import { explainRefusal } from '../http/refusal.js'
import type { RepositoryContext } from '../api/repository-context.js'
import { displayHost, displayName } from '../policy/registry-name.js'
import { TagUses, manifestAt } from './tag-uses.js'

/**
 * Removes `tags` in their order.
 * @throws CANCELLED. The outcome of a tag may have the error UNSUPPORTED, if the registry does not delete or another tag
 * needs the manifest; UNAUTHORIZED, DENIED, TOO_MANY_REQUESTS, REGISTRY_RESPONSE, network errors
 */
export async function* removeTags(
  context: RepositoryContext,
  tags: readonly string[],
  request: SinkRequest,
): AsyncGenerator<TagRemoval> {
  const remover = new TagRemover(context, new Set(tags), request)
  for (const tag of tags) {
    const error = await remover.remove(tag).then(() => undefined, asWindlassError)
    if (error?.code === 'CANCELLED') throw error
    yield error ? { tag, error } : { tag }
  }
}

class TagRemover {
  readonly #context: RepositoryContext
  readonly #request: SinkRequest
  readonly #tags: ReadonlySet<string>
  readonly #deleted = new Set<Digest>()
  #uses: Promise<TagUses> | undefined
  #deletesTags = true

  constructor(context: RepositoryContext, tags: ReadonlySet<string>, request: SinkRequest) {
    this.#context = context
    this.#tags = tags
    this.#request = request
  }

  async remove(tag: string): Promise<void> {
    if (this.#deletesTags) {
      const refusal = await this.#delete(tag)
      if (refusal === undefined) return
      if (!mayOnlyDeleteDigests(refusal)) throw refusal
    }
    const found = await manifestAt(this.#context, tag, this.#request)
    if (found === undefined) return
    this.#deletesTags = false
    const { digest } = found
    if (this.#deleted.has(digest)) return
    this.#uses ??= TagUses.read(this.#context, this.#tags, this.#request)
    const user = (await this.#uses).userOf(digest)
    if (user !== undefined) throw this.#neededError(tag, digest, user)
    const refusal = await this.#delete(digest)
    if (refusal) throw mayOnlyDeleteDigests(refusal) ? this.#unsupportedError(tag, refusal) : refusal
    this.#deleted.add(digest)
  }

  /** Returns the refusal; undefined if the registry has deleted the manifest or tag, or does not have it. */
  async #delete(tagOrDigest: string): Promise<WindlassError | undefined> {
    const { client, repository, secrets, timeouts, limits, help, registry } = this.#context
    const purpose = `remove ${displayName(this.#context, tagOrDigest)}`
    const { signal, onWarning } = this.#request
    const response = await client.send({
      ...{ method: 'DELETE', to: [repository, 'manifests', tagOrDigest], purpose, preposition: 'from' },
      ...{ signal, onWarning, scopes: [deleteScope(repository)] },
    })
    if (response.status >= 200 && response.status < 300) {
      discard(response)
      return undefined
    }
    const { error } = await explainRefusal(response, {
      ...{ purpose, preposition: 'from', secrets, help, notFoundCode: 'MANIFEST_UNKNOWN' },
      ...{ timeout: timeouts.document, maxBytes: limits.errorBytes },
      subject: { reference: `${registry}/${repository}` },
    })
    return error
  }

  #neededError(tag: string, digest: Digest, user: string): WindlassError {
    const { registry, repository } = this.#context
    return new WindlassError(
      'UNSUPPORTED',
      `Cannot remove ${displayName(this.#context, tag)}: ${displayHost(registry)} only deletes manifests, and the tag ${user} needs ${digest}`,
      {
        ...{ digest, reference: `${registry}/${repository}:${tag}` },
        hint: 'Remove the tag at the registry itself, or use a registry that deletes tags.',
      },
    )
  }

  #unsupportedError(tag: string, cause: WindlassError): WindlassError {
    const { registry, repository } = this.#context
    const { status } = cause.subject
    return new WindlassError(
      'UNSUPPORTED',
      `Cannot remove ${displayName(this.#context, tag)}: ${displayHost(registry)} does not delete images`,
      {
        ...{ cause, reference: `${registry}/${repository}:${tag}`, ...(status !== undefined && { status }) },
        hint: 'Whoever runs the registry may allow it. For the registry of Docker: REGISTRY_STORAGE_DELETE_ENABLED=true.',
      },
    )
  }
}

/** Statuses by which registries refuse to delete a tag, or anything. */
const unsupportedStatuses: ReadonlySet<number | undefined> = new Set([400, 404, 405, 501])

const mayOnlyDeleteDigests = ({ subject: { status } }: WindlassError): boolean =>
  unsupportedStatuses.has(status)
