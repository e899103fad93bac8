/**
 * Reads the lists of `skopeo sync --src yaml`. Source: skopeo-sync(1), "YAML file content". A value that skopeo skips
 * with an error is an error of the whole list here.
 */
import { WindlassError, asWindlassError } from '../errors.js'
import { isDigest, isTag, parsePlatform } from '../image/index.js'
import { type KeyRules, type ListDocument, type ListPath } from './list-document.js'
import { FlagCodec, MappingCodec, TextCodec, TextsCodec } from './list-codecs.js'
import { type SyncRepository, imageIn, parseRepository, repositoryName } from './repository-name.js'
import { compile } from './select-tags.js'
import type { SyncEntry, SyncHost, TagFilter } from './sync-list.js'
import { parseVersionRange } from './version-range.js'

/** What the command line of skopeo states besides the file. */
export interface SkopeoSettings {
  /** Registry, or registry and the start of a path, or `oci:DIR`, below which all repositories are written. */
  readonly destination: string
  /** Write `registry/path/name` below the destination, and not only `name` (false). */
  readonly scoped?: boolean
  /** Copy indexes with everything in them (false, as for skopeo). */
  readonly allPlatforms?: boolean
  /** Platform of the images to copy from indexes (that of this machine). */
  readonly platform?: string
  /** Also copy referrers (false). */
  readonly referrers?: boolean
}

const registryKeys: KeyRules = {
  images: 'read',
  'images-by-tag-regex': 'read',
  'images-by-semver': 'read',
  credentials: 'read',
  'tls-verify': 'read',
  'cert-dir': 'read',
}

const credentialKeys: KeyRules = {
  username: 'read',
  password: 'read',
  identitytoken: { refused: 'use “windlass login”' },
}

/** Reads the registries of the file. @throws USAGE, with the line and the key, for an invalid value */
export function readSkopeoList(
  document: ListDocument,
  settings: SkopeoSettings,
): { readonly entries: readonly SyncEntry[]; readonly hosts: readonly SyncHost[] } {
  if (settings.platform !== undefined) parsePlatform(settings.platform)
  const registries = Object.entries(document.decode(MappingCodec, document.content, []))
  const read = registries.map(([registry, value]) => readRegistry(document, settings, registry, value))
  return { entries: read.flatMap(({ entries }) => entries), hosts: read.flatMap(({ host }) => host ?? []) }
}

function readRegistry(
  document: ListDocument,
  settings: SkopeoSettings,
  registry: string,
  value: unknown,
): { readonly entries: readonly SyncEntry[]; readonly host: SyncHost | undefined } {
  const path = [registry]
  const fields = document.fields(value, path, registryKeys)
  const reader = new RepositoryReader(document, settings, registry)
  const each = <A>(key: string, read: (name: string, value: unknown, path: ListPath) => A): A[] =>
    Object.entries(document.decode(MappingCodec, fields[key] ?? {}, [...path, key])).map(([name, item]) =>
      read(name, item, [...path, key, name]),
    )
  const entries = [
    ...each('images', (name, refs, at) => reader.listed(name, refs, at)),
    ...each('images-by-tag-regex', (name, pattern, at) => reader.matching(name, pattern, at)),
    ...each('images-by-semver', (name, range, at) => reader.inRange(name, range, at)),
  ]
  return { entries, host: readHost(document, registry, fields) }
}

function readHost(
  document: ListDocument,
  registry: string,
  fields: Readonly<Record<string, unknown>>,
): SyncHost | undefined {
  const text = (key: string): string | undefined =>
    fields[key] === undefined ? undefined : document.decode(TextCodec, fields[key], [registry, key])
  const certDir = text('cert-dir')
  const verify =
    fields['tls-verify'] === undefined
      ? undefined
      : document.decode(FlagCodec, fields['tls-verify'], [registry, 'tls-verify'])
  const credentials =
    fields['credentials'] === undefined
      ? undefined
      : readCredentials(document, registry, fields['credentials'])
  if (certDir === undefined && verify === undefined && credentials === undefined) return undefined
  return {
    registry,
    ...(credentials && { credentials }),
    ...(verify !== undefined && { tls: verify ? 'verified' : 'any' }),
    ...(certDir !== undefined && { certDir }),
  }
}

function readCredentials(document: ListDocument, registry: string, value: unknown): SyncHost['credentials'] {
  const path = [registry, 'credentials']
  const fields = document.fields(value, path, credentialKeys)
  // The value of a login must not appear in an error, so its codec is not asked.
  const [username, password] = [fields['username'], fields['password'] ?? '']
  if (typeof username !== 'string' || typeof password !== 'string')
    throw document.fault(path, 'it must state a username and a password')
  return { username, password }
}

/** Reads the repositories of one registry. */
class RepositoryReader {
  constructor(
    private readonly document: ListDocument,
    private readonly settings: SkopeoSettings,
    private readonly registry: string,
  ) {}

  /** A repository with tags and digests; without any, all of its tags. */
  listed(name: string, value: unknown, path: ListPath): SyncEntry {
    const refs = this.document.decode(TextsCodec, value, path)
    if (refs.length === 0) return this.#selected(name, path, [])
    const [source, target] = this.#repositories(name, path)
    const wrong = refs.findIndex((ref) => !isTag(ref) && !isDigest(ref))
    if (wrong >= 0) throw this.document.fault([...path, wrong], 'it is neither a tag nor a digest')
    const images = [...new Set(refs)].map((ref) => ({ from: imageIn(source, ref), to: imageIn(target, ref) }))
    return { kind: 'images', images, ...this.#common(path) }
  }

  /** A repository with a regular expression, which may match any part of a tag. */
  matching(name: string, value: unknown, path: ListPath): SyncEntry {
    const pattern = this.document.decode(TextCodec, value, path)
    try {
      compile(pattern)
    } catch {
      throw this.document.fault(path, 'it is not a regular expression that Windlass can use')
    }
    return this.#selected(name, path, [{ allow: [pattern], deny: [], semverRange: [] }])
  }

  /** A repository with a range of versions. */
  inRange(name: string, value: unknown, path: ListPath): SyncEntry {
    const range = this.document.decode(TextCodec, value, path)
    if (parseVersionRange(range) === undefined)
      throw this.document.fault(path, 'it is not a range of versions, such as “>=1.2, <2”')
    return this.#selected(name, path, [{ allow: [], deny: [], semverRange: [range] }])
  }

  #selected(name: string, path: ListPath, filters: readonly TagFilter[]): SyncEntry {
    const [source, target] = this.#repositories(name, path).map(repositoryName)
    return { kind: 'repository', source: source!, target: target!, filters, ...this.#common(path) }
  }

  #common(path: ListPath) {
    const { allPlatforms = false, platform, referrers = false } = this.settings
    return {
      line: this.document.lineOf(path),
      ...{ allPlatforms, referrers, fastCheck: false },
      ...(platform !== undefined && { platform }),
    }
  }

  #repositories(name: string, path: ListPath): [SyncRepository, SyncRepository] {
    const source = this.#parse(`${this.registry}/${name}`, path)
    if (source.kind === 'layout')
      throw this.document.fault(path, 'it is a layout, not a repository of a registry')
    const { destination, scoped = false } = this.settings
    const below = scoped ? source.name : source.name.slice(source.name.lastIndexOf('/') + 1)
    const separator = destination.startsWith('oci:') ? ':' : '/'
    return [source, this.#parse(`${destination.replace(/\/+$/, '')}${separator}${below}`, path)]
  }

  #parse(name: string, path: ListPath): SyncRepository {
    try {
      return parseRepository(name)
    } catch (error) {
      throw this.document.fault(path, asWindlassError(error).message)
    }
  }
}

/** @throws USAGE when `destination` cannot be the place of repositories */
export function checkDestination(destination: string): void {
  const [, layoutName] = /^oci:[^:]+:(.*)$/.exec(destination) ?? []
  if (layoutName === undefined && destination !== '' && !destination.includes('@')) return
  throw new WindlassError(
    'USAGE',
    `Cannot sync to ${destination}: the destination is a registry, a path, or oci:DIR`,
    {
      hint: 'Name it as in registry.example/mirror or oci:DIR.',
    },
  )
}
