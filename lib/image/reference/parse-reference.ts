/** Parses references by the grammar of distribution/reference. Error messages name the invalid part. */
import { WindlassError } from '../../errors.js'
import { type Digest, isDigest } from '../digest/digest.js'
import { printable, quoted } from '../../codec/printable.js'
import { Reference } from './reference.js'
import { isHost, isRepository, isTag, maxRepositoryLength } from './grammar.js'
import { splitRegistry } from './registry.js'

function invalidReferenceError(text: string, problem: string, hint?: string): WindlassError {
  return new WindlassError('REFERENCE_INVALID', `${quoted(text)} is not an image reference: ${problem}`, {
    hint: hint ?? 'An image is named [HOST[:PORT]/]REPOSITORY[:TAG][@DIGEST], such as alpine:3.20.',
  })
}

/** Checks the host and the optional port. */
function checkRegistry(registry: string, text: string): void {
  const match = /^(\[[^\]]*\]|[^:]*)(?::(.*))?$/s.exec(registry)
  const [, host = '', port] = match ?? []
  if (port !== undefined && !(/^\d{1,5}$/.test(port) && Number(port) > 0 && Number(port) < 65536))
    throw new WindlassError(
      'REFERENCE_INVALID',
      `Failed to get registry port from ${quoted(registry)} in ${quoted(text)}: ${quoted(port)} is not a port`,
      { hint: 'A port is a number from 1 to 65535.' },
    )
  if (match === null || !isHost(host))
    throw invalidReferenceError(text, `${quoted(registry)} is not the name of a registry`)
}

function checkRepository(repository: string, text: string): void {
  if (isRepository(repository)) return
  if (repository.length > maxRepositoryLength)
    throw invalidReferenceError(
      text,
      `the name of the repository has more than ${maxRepositoryLength} characters`,
    )
  if (repository !== repository.toLowerCase())
    throw invalidReferenceError(
      text,
      `repository name ${quoted(repository)} must be lowercase`,
      `Did you mean ${printable(text.toLowerCase())}?`,
    )
  throw invalidReferenceError(text, `${quoted(repository)} is not the name of a repository`)
}

/**
 * Parses a reference and normalises it as Docker does: `alpine` is `docker.io/library/alpine`. Does not add a tag; see
 * `withDefaultTag`.
 * @throws REFERENCE_INVALID if `text` is not a reference
 */
export function parseReference(text: string): Reference {
  if (text === '') throw invalidReferenceError(text, 'it is empty')
  const scheme = /^[a-z][a-z0-9+.-]*:\/\//i.exec(text)?.[0]
  if (scheme !== undefined)
    throw invalidReferenceError(text, `it starts with the scheme ${quoted(scheme)}`, `Leave out ${scheme}.`)

  const split = splitRegistry(text)
  if (split === undefined)
    throw invalidReferenceError(
      text,
      'it is an image ID, and registries do not know image IDs',
      'To pull by digest, write REPOSITORY@sha256:DIGEST.',
    )
  const { registry, rest } = split
  checkRegistry(registry, text)

  const at = rest.indexOf('@')
  const digest = at < 0 ? undefined : parseDigestPart(rest.slice(at + 1), text)
  const tagged = at < 0 ? rest : rest.slice(0, at)
  const colon = tagged.indexOf(':')
  const tag = colon < 0 ? undefined : tagged.slice(colon + 1)
  const repository = colon < 0 ? tagged : tagged.slice(0, colon)
  checkRepository(repository, text)
  if (tag !== undefined && !isTag(tag)) throw invalidReferenceError(text, `${quoted(tag)} is not a tag`)
  return new Reference({ registry, repository, tag, digest }, text)
}

function parseDigestPart(digest: string, text: string): Digest {
  if (isDigest(digest)) return digest
  throw invalidReferenceError(text, `${quoted(digest)} is not a digest`)
}

/**
 * Rejects references that no registry can serve.
 * @throws REFERENCE_INVALID for `scratch`, the reserved name of the empty image
 */
export function checkPullable(reference: Reference): void {
  if (reference.familiar().replace(/[:@].*$/, '') !== 'scratch') return
  throw new WindlassError('REFERENCE_INVALID', "'scratch' is a reserved name, not an image", {
    reference: reference.toString(),
  })
}
