/**
 * Renders a tree as lines of text, so that a case can state all of it. Default values are left out: mode 0755 of
 * directories and 0644 of other entries, owner 0:0, and time 0.
 *
 *     dir/            file = content       link -> target     name == the path it is a hard link of
 *     fifo |          null char 1:3        file = x {0600 1000:1000 @1.5 user.k=v}
 */
import { readFileSync } from 'node:fs'
import type { TreeEntry } from '../../lib/archive/index.js'
import { sha256 } from '../archives/archive.js'
import type { Tree } from './layer-case.js'

/** Escapes everything except printable ASCII without spaces as `\xNN`. */
export const shown = (bytes: string): string =>
  bytes.replace(/[^\x21-\x7e]|\\/g, (byte) => `\\x${byte.charCodeAt(0).toString(16).padStart(2, '0')}`)

/** Returns short content unchanged, and the length and hash of long content. */
export const content = (bytes: Buffer | string): string => {
  const buffer = Buffer.from(bytes as string, 'latin1')
  if (buffer.length <= 40) return shown(buffer.toString('latin1'))
  return `<${buffer.length} bytes ${sha256(buffer).slice(0, 12)}>`
}

export interface RenderOptions {
  /** Whether an ordinary user unpacked the tree, who cannot make devices or change owners. */
  readonly ordinary?: boolean
  readonly root: string
}

/** Renders entries. The root itself is rendered only if an entry may have changed it. */
export function renderTree(entries: readonly TreeEntry[], { root, ordinary = false }: RenderOptions): Tree {
  return entries.flatMap((entry) => {
    const attributes = attributesOf(entry, ordinary)
    if (entry.path === '.') return attributes === '' ? [] : [`.${attributes}`]
    return [`${shown(entry.path)}${bodyOf(entry, root)}${attributes}`]
  })
}

function bodyOf(entry: TreeEntry, root: string): string {
  if (entry.hardlink !== undefined) return ` == ${shown(entry.hardlink)}`
  switch (entry.type) {
    case 'directory':
      return '/'
    case 'symlink':
      return ` -> ${shown(entry.target ?? '')}`
    case 'fifo':
      return ' |'
    case 'character':
      return ` char ${entry.device?.major ?? 0}:${entry.device?.minor ?? 0}`
    case 'block':
      return ` block ${entry.device?.major ?? 0}:${entry.device?.minor ?? 0}`
    default: {
      const path = Buffer.concat([Buffer.from(`${root}/`), Buffer.from(entry.path, 'latin1')])
      const said = content(readFileSync(path))
      return said === '' ? ' =' : ` = ${said}`
    }
  }
}

function attributesOf(entry: TreeEntry, ordinary: boolean): string {
  if (entry.hardlink !== undefined) return ''
  const { type, mode, uid, gid, mtime, xattrs } = entry
  const usual = type === 'directory' ? 0o755 : 0o644
  const said = [
    ...(type === 'symlink' || mode === usual ? [] : [mode.toString(8).padStart(4, '0')]),
    ...((uid === 0 && gid === 0) || ordinary ? [] : [`${uid}:${gid}`]),
    ...(mtime === 0n ? [] : [`@${seconds(mtime)}`]),
    ...[...xattrs].map(([name, value]) => `${shown(name)}=${content(value)}`),
  ]
  return said.length === 0 ? '' : ` {${said.join(' ')}}`
}

const seconds = (ns: bigint): string => {
  const sign = ns < 0n ? '-' : ''
  const [whole, rest] = [ns < 0n ? -ns : ns].flatMap((n) => [n / 1_000_000_000n, n % 1_000_000_000n])
  const fraction = String(rest).padStart(9, '0').replace(/0+$/, '')
  return `${sign}${whole}${fraction === '' ? '' : `.${fraction}`}`
}

/** Returns the part of `tree` that an ordinary user can make: no devices, own files only, no attributes of root. */
export const forOrdinary = (tree: Tree): Tree =>
  tree
    .filter((line) => !/^\S+ (?:char|block) \d/.test(line))
    .map((line) =>
      line.replace(/ \{([^{}]*)\}$/, (_all, said: string) => {
        const kept = said
          .split(' ')
          .filter((each) => !/^\d+:\d+$/.test(each) && !/^(?:trusted|security)\./.test(each))
        return kept.length === 0 ? '' : ` {${kept.join(' ')}}`
      }),
    )
