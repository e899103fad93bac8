/** Finds what a path leads to in the tree of an image, as a process in a container would. */
import { WindlassError } from '../../errors.js'
import { quotedLatin1 } from '../tar/refusal.js'
import { joinPath } from './entry-path.js'
import { FlatDirectory, type Leaf } from './flat-node.js'
import type { FlatTree } from './flat-tree.js'
import { maxLinks } from './resolve-parents.js'

/** What a path leads to, and its own path without links. */
export interface Resolved {
  /** Normalized, without a slash at its start; empty for the root. */
  readonly path: string
  /** A directory, or an entry that is neither that nor a link. */
  readonly node: FlatDirectory | Leaf
}

/**
 * Resolves `path`, following all links inside the root. `..` stops at the root.
 * @throws WindlassError FILE_UNKNOWN, which names the last directory on the way
 */
export function resolvePath(tree: FlatTree, path: string): Resolved {
  const remaining = path.split('/').reverse()
  let directory = tree.root
  let at = ''
  let links = 0
  for (let name = remaining.pop(); name !== undefined; name = remaining.pop()) {
    if (name === '' || name === '.') continue
    if (name === '..') {
      directory = directory.parent ?? tree.root
      at = at.slice(0, Math.max(0, at.lastIndexOf('/')))
      continue
    }
    const node = directory.children.get(name)
    if (node === undefined)
      throw unknownFileError(path, `${shownPath(at)} has no ${quotedLatin1(name)}`, hintOf(directory, at))
    if (node instanceof FlatDirectory) {
      directory = node
      at = joinPath(at, name)
      continue
    }
    const { type, linkTarget } = node.leaf.entry
    if (type === 'symlink') {
      if (++links > maxLinks)
        throw unknownFileError(
          path,
          `more than ${maxLinks} symlinks lead there, and ${shownPath(joinPath(at, name))} is the last (ELOOP)`,
        )
      if (linkTarget.startsWith('/')) {
        directory = tree.root
        at = ''
      }
      remaining.push(...linkTarget.split('/').reverse())
      continue
    }
    if (remaining.some((rest) => rest !== '' && rest !== '.'))
      throw unknownFileError(
        path,
        `${shownPath(joinPath(at, name))} is not a directory`,
        hintOf(directory, at),
      )
    return { path: joinPath(at, name), node: node.leaf }
  }
  return { path: at, node: directory }
}

/**
 * Returns the file that a path leads to.
 * @throws WindlassError NOT_A_FILE for a directory, device or fifo
 */
export function requireFile(
  { path, node }: Resolved,
  asked: string,
): { readonly path: string; readonly leaf: Leaf } {
  if (node instanceof FlatDirectory)
    throw new WindlassError('NOT_A_FILE', `${shownAsked(asked)} is a directory`, {
      hint: 'List it with “windlass ls IMAGE PATH”.',
    })
  if (node.entry.type !== 'file')
    throw new WindlassError(
      'NOT_A_FILE',
      `${shownAsked(asked)} is a ${node.entry.type.replace('-', ' ')}, which has no content`,
    )
  return { path, leaf: node }
}

const unknownFileError = (path: string, why: string, hint?: string): WindlassError =>
  new WindlassError(
    'FILE_UNKNOWN',
    `The image has no ${shownAsked(path)}: ${why}`,
    hint === undefined ? {} : { hint },
  )

/** Maximum number of names in a hint. */
const maxNames = 8

function hintOf(directory: FlatDirectory, path: string): string {
  const names = [...directory.children.keys()].sort()
  if (names.length === 0) return `${shownPath(path)} is empty.`
  const more = names.length > maxNames ? `, and ${names.length - maxNames} more` : ''
  return `${shownPath(path)} has ${names.slice(0, maxNames).map(quotedLatin1).join(', ')}${more}.`
}

const shownPath = (path: string): string => quotedLatin1(`/${path}`)
const shownAsked = (path: string): string => quotedLatin1(path.startsWith('/') ? path : `/${path}`)
