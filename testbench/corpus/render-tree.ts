/**
 * Renders a tree as lines of text, so that a case can state its whole tree. Default values are omitted: mode 0755 for
 * directories and 0644 for other entries, owner 0:0, and time 0.
 *
 *     dir/            file = content       link -> target     name == the path it is a hard link of
 *     fifo |          null char 1:3        file = x {0600 1000:1000 @1.5 user.k=v}
 */
import { readFileSync } from 'node:fs'
import type { TreeEntry } from '../../lib/archive/index.js'
import { sha256 } from '../archives/archive.js'
import type { Tree } from './layer-case.js'

/** Escapes everything except printable ASCII without spaces as `\xNN`. */
export const escapeBytes = (bytes: string): string =>
  bytes.replace(/[^\x21-\x7e]|\\/g, (byte) => `\\x${byte.charCodeAt(0).toString(16).padStart(2, '0')}`)

/** Returns the escaped content if it has at most 40 bytes, else its length and hash. */
export const describeContent = (bytes: Buffer | string): string => {
  const buffer = Buffer.from(bytes as string, 'latin1')
  if (buffer.length <= 40) return escapeBytes(buffer.toString('latin1'))
  return `<${buffer.length} bytes ${sha256(buffer).slice(0, 12)}>`
}

export interface RenderOptions {
  /** Whether an ordinary user unpacked the tree. Owners are not rendered then, because the user cannot change them. */
  readonly ordinary?: boolean
  readonly root: string
}

/** Renders entries. The root itself is rendered only if an entry may have changed it. */
export function renderTree(entries: readonly TreeEntry[], { root, ordinary = false }: RenderOptions): Tree {
  return entries.flatMap((entry) => {
    const attributes = attributesOf(entry, ordinary)
    if (entry.path === '.') return attributes === '' ? [] : [`.${attributes}`]
    return [`${escapeBytes(entry.path)}${bodyOf(entry, root)}${attributes}`]
  })
}

function bodyOf(entry: TreeEntry, root: string): string {
  if (entry.hardlink !== undefined) return ` == ${escapeBytes(entry.hardlink)}`
  switch (entry.type) {
    case 'directory':
      return '/'
    case 'symlink':
      return ` -> ${escapeBytes(entry.target ?? '')}`
    case 'fifo':
      return ' |'
    case 'character':
      return ` char ${entry.device?.major ?? 0}:${entry.device?.minor ?? 0}`
    case 'block':
      return ` block ${entry.device?.major ?? 0}:${entry.device?.minor ?? 0}`
    default: {
      const path = Buffer.concat([Buffer.from(`${root}/`), Buffer.from(entry.path, 'latin1')])
      const text = describeContent(readFileSync(path))
      return text === '' ? ' =' : ` = ${text}`
    }
  }
}

function attributesOf(entry: TreeEntry, ordinary: boolean): string {
  if (entry.hardlink !== undefined) return ''
  const { type, mode, uid, gid, mtime, xattrs } = entry
  const defaultMode = type === 'directory' ? 0o755 : 0o644
  const attributes = [
    ...(type === 'symlink' || mode === defaultMode ? [] : [mode.toString(8).padStart(4, '0')]),
    ...((uid === 0 && gid === 0) || ordinary ? [] : [`${uid}:${gid}`]),
    ...(mtime === 0n ? [] : [`@${seconds(mtime)}`]),
    ...[...xattrs].map(([name, value]) => `${escapeBytes(name)}=${describeContent(value)}`),
  ]
  return attributes.length === 0 ? '' : ` {${attributes.join(' ')}}`
}

const seconds = (ns: bigint): string => {
  const sign = ns < 0n ? '-' : ''
  const [whole, rest] = [ns < 0n ? -ns : ns].flatMap((n) => [n / 1_000_000_000n, n % 1_000_000_000n])
  const fraction = String(rest).padStart(9, '0').replace(/0+$/, '')
  return `${sign}${whole}${fraction === '' ? '' : `.${fraction}`}`
}

/** Returns `tree` without what ordinary users cannot create: devices, owners, and attributes that only root can set. */
export const treeOfOrdinaryUser = (tree: Tree): Tree =>
  tree
    .filter((line) => !/^\S+ (?:char|block) \d/.test(line))
    .map((line) =>
      line.replace(/ \{([^{}]*)\}$/, (_all, attributes: string) => {
        const kept = attributes
          .split(' ')
          .filter((each) => !/^\d+:\d+$/.test(each) && !/^(?:trusted|security)\./.test(each))
        return kept.length === 0 ? '' : ` {${kept.join(' ')}}`
      }),
    )
