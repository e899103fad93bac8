/**
 * Parses image names: references, and names of images on this machine such as `oci:DIR:NAME`. The prefixes are the
 * transports of skopeo (containers-transports(5)), and `rootfs:`.
 */
import { WindlassError } from '../../errors.js'
import { parseReference } from './parse-reference.js'
import { quoted } from '../../codec/printable.js'
import { type Reference, withDefaultTag } from './reference.js'

/**
 * What holds an image on this machine: an image layout (`oci:`), a tar archive of one (`oci-archive:`), an archive of
 * `docker save` (`docker-archive:`), a directory with the blobs of one image (`dir:`), or the root directory of a
 * container, which is not an image yet (`rootfs:`).
 */
export type LocalImageKind = 'layout' | 'oci-archive' | 'docker-archive' | 'directory' | 'rootfs'

/** Name of an image on this machine. Without `name` and `position`: the only image there. */
export interface LocalImageName {
  readonly kind: LocalImageKind
  /** Path of the directory or file, as entered. */
  readonly path: string
  /**
   * Name of the image: its `org.opencontainers.image.ref.name` in a layout, a normalised reference with a tag in an
   * archive of `docker save`.
   */
  readonly name?: string
  /** Position of the image in the list of images, from 0. skopeo has this syntax since 1.14. */
  readonly position?: number
}

/** Name of an image in a registry, or on this machine. */
export type ImageName = { readonly kind: 'registry'; readonly reference: Reference } | LocalImageName

/** How the names of one kind are written. */
interface LocalSyntax {
  readonly prefix: string
  readonly kind: LocalImageKind
  /** What the path leads to. */
  readonly pathWord: 'DIR' | 'FILE'
  /** What may follow the path after a colon; undefined if the path may contain colons. */
  readonly nameWord?: 'NAME' | 'REF'
  /** Completes “… does not name …”. */
  readonly what: string
}

const syntaxes: readonly LocalSyntax[] = [
  { prefix: 'oci:', kind: 'layout', pathWord: 'DIR', nameWord: 'NAME', what: 'an image in a layout' },
  {
    ...{ prefix: 'oci-archive:', kind: 'oci-archive', pathWord: 'FILE', nameWord: 'NAME' },
    what: 'an image in an archive of a layout',
  },
  {
    ...{ prefix: 'docker-archive:', kind: 'docker-archive', pathWord: 'FILE', nameWord: 'REF' },
    what: 'an image in an archive of “docker save”',
  },
  { prefix: 'dir:', kind: 'directory', pathWord: 'DIR', what: 'a directory with an image' },
  { prefix: 'rootfs:', kind: 'rootfs', pathWord: 'DIR', what: 'a root directory' },
]

/** The prefixes of names of images on this machine: `oci:`, `oci-archive:`, … */
export const localPrefixes: readonly string[] = syntaxes.map(({ prefix }) => prefix)

/** How skopeo and podman write a reference. */
const registryPrefix = 'docker://'

/** A Windows path may start with a drive, which contains a colon. */
const pathPattern = /^((?:[A-Za-z]:[\\/])?[^:]+)(?::(.*))?$/s

const syntaxOf = (text: string): LocalSyntax | undefined =>
  syntaxes.find(({ prefix }) => text.startsWith(prefix))

/** Returns whether a text is the name of an image on this machine, valid or not. */
export const isLocalImageName = (text: string): boolean => syntaxOf(text) !== undefined

function parseLocal(text: string, syntax: LocalSyntax): LocalImageName {
  const { prefix, kind, nameWord } = syntax
  const rest = text.slice(prefix.length)
  const [, path, name = ''] = nameWord ? (pathPattern.exec(rest) ?? []) : [rest, rest || undefined]
  if (path === undefined)
    throw invalidNameError(text, syntax, `it has no ${syntax.pathWord === 'DIR' ? 'directory' : 'file'}`)
  // eslint-disable-next-line no-control-regex -- the expression detects control characters
  if (/[\u0000-\u001f\u007f]/.test(text))
    throw invalidNameError(text, syntax, 'it contains a control character')
  // A name starts with a letter or a digit (image-spec annotations.md), so `@` cannot start one.
  const position = /^@\d{1,9}$/.test(name) ? Number(name.slice(1)) : undefined
  if (position !== undefined) return { kind, path, position }
  if (name === '') return { kind, path }
  return { kind, path, name: nameWord === 'REF' ? savedReference(text, name, syntax) : name }
}

/** Returns the normalised reference of an image in an archive of `docker save`, which has no digests. */
function savedReference(text: string, name: string, syntax: LocalSyntax): string {
  const reference = withDefaultTag(parseReference(name))
  if (reference.digest === undefined) return reference.toString()
  throw invalidNameError(text, syntax, 'images in such an archive have tags, not digests')
}

function invalidNameError(text: string, syntax: LocalSyntax, problem: string): WindlassError {
  const { prefix, pathWord, nameWord, what } = syntax
  const start = `${prefix}${pathWord}`
  const forms =
    nameWord === undefined ? start : `${start}, ${start}:${nameWord}, or ${start}:@N by its position from 0`
  return new WindlassError('REFERENCE_INVALID', `${quoted(text)} does not name ${what}: ${problem}`, {
    hint: `${what.replace(/^./, (first) => first.toUpperCase())} is named ${forms}.`,
  })
}

/**
 * Parses an image name. `oci:…`, `oci-archive:…`, `docker-archive:…`, `dir:…` and `rootfs:…` are images on this
 * machine; a repository of such a name has to be written as `library/dir`. Everything else is a reference, also after
 * `docker://`.
 * @throws REFERENCE_INVALID if `text` is not an image name
 */
export function parseImageName(text: string): ImageName {
  const syntax = syntaxOf(text)
  if (syntax) return parseLocal(text, syntax)
  const typed = text.startsWith(registryPrefix) ? text.slice(registryPrefix.length) : text
  return { kind: 'registry', reference: parseReference(typed) }
}

/** Returns the part of the name that selects an image among others: a name, `@N`, or empty for the only image. */
export const targetOf = ({ name, position }: LocalImageName): string =>
  position === undefined ? (name ?? '') : `@${position}`
