/** Resolves a path in the tree of an image, like a process in a container. */
import { WindlassError } from '../../errors.js'
import { quotedLatin1 } from '../tar/refusal.js'
import { joinPath } from './entry-path.js'
import { FlatDirectory, type Leaf } from './flat-node.js'
import type { FlatTree } from './flat-tree.js'
import { maxLinks } from './resolve-parents.js'

/** The result of resolving a path. */
export interface Resolved {
  /** The path after all links are resolved, without a leading slash; empty for the root. */
  readonly path: string
  /** A directory, or an entry that is neither a directory nor a symlink. */
  readonly node: FlatDirectory | Leaf
}

/**
 * Resolves `path`, following all links inside the root. `..` stops at the root.
 * @throws WindlassError FILE_UNKNOWN when the path does not exist; the message names the last directory that exists
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
      throw unknownFileError(
        path,
        `${formatPath(at)} has no ${quotedLatin1(name)}`,
        contentHint(directory, at),
      )
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
          `more than ${maxLinks} symlinks lead there, and ${formatPath(joinPath(at, name))} is the last (ELOOP)`,
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
        `${formatPath(joinPath(at, name))} is not a directory`,
        contentHint(directory, at),
      )
    return { path: joinPath(at, name), node: node.leaf }
  }
  return { path: at, node: directory }
}

/**
 * Returns the resolved path if it is a file.
 * @param requestedPath the path before it was resolved, for messages
 * @throws WindlassError NOT_A_FILE for a directory, device or FIFO
 */
export function requireFile(
  { path, node }: Resolved,
  requestedPath: string,
): { readonly path: string; readonly leaf: Leaf } {
  if (node instanceof FlatDirectory)
    throw new WindlassError('NOT_A_FILE', `${formatRequestedPath(requestedPath)} is a directory`, {
      hint: 'List it with “windlass ls IMAGE PATH”.',
    })
  if (node.entry.type !== 'file')
    throw new WindlassError(
      'NOT_A_FILE',
      `${formatRequestedPath(requestedPath)} is a ${node.entry.type.replace('-', ' ')}, which has no content`,
    )
  return { path, leaf: node }
}

const unknownFileError = (path: string, why: string, hint?: string): WindlassError =>
  new WindlassError(
    'FILE_UNKNOWN',
    `The image has no ${formatRequestedPath(path)}: ${why}`,
    hint === undefined ? {} : { hint },
  )

/** Maximum number of names in a hint. */
const maxNames = 8

function contentHint(directory: FlatDirectory, path: string): string {
  const names = [...directory.children.keys()].sort()
  if (names.length === 0) return `${formatPath(path)} is empty.`
  const more = names.length > maxNames ? `, and ${names.length - maxNames} more` : ''
  return `${formatPath(path)} has ${names.slice(0, maxNames).map(quotedLatin1).join(', ')}${more}.`
}

const formatPath = (path: string): string => quotedLatin1(`/${path}`)
const formatRequestedPath = (path: string): string => quotedLatin1(path.startsWith('/') ? path : `/${path}`)
