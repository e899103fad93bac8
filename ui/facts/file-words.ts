/** Writes the mode of a file as `ls -l` does, and names what deserves attention in words. */
import type { StoredFile } from '../../lib/api/shapes.js'

const kinds: Readonly<Record<string, string>> = {
  directory: 'd',
  symlink: 'l',
  character: 'c',
  block: 'b',
  fifo: 'p',
  socket: 's',
}

const letter = (type: string): string =>
  kinds[type] ?? Object.entries(kinds).find(([name]) => type.startsWith(name))?.[1] ?? '-'

/** `drwxr-xr-x`. */
export function modeText({ type, mode }: StoredFile): string {
  const bits = Array.from('rwxrwxrwx').map((bit, index) => ((mode >> (8 - index)) & 1 ? bit : '-'))
  const special = (index: number, flag: number, set: string): void => {
    if (mode & flag) bits[index] = bits[index] === 'x' ? set : set.toUpperCase()
  }
  special(2, 0o4000, 's')
  special(5, 0o2000, 's')
  special(8, 0o1000, 't')
  return letter(type) + bits.join('')
}

/** `set-user-id`, `set-group-id`, `whiteout`, or undefined. */
export function warningOf({ type, mode, path }: StoredFile): string | undefined {
  const words = [
    (type === 'file' || type === 'regular') && mode & 0o4000 ? 'set-user-id' : undefined,
    (type === 'file' || type === 'regular') && mode & 0o2000 ? 'set-group-id' : undefined,
    /(^|\/)\.wh\./.test(path) ? 'whiteout' : undefined,
  ].filter((word) => word !== undefined)
  return words.length > 0 ? words.join(', ') : undefined
}

export const isDirectory = ({ type }: StoredFile): boolean => letter(type) === 'd'

/** Last part of the path. */
export const baseName = (path: string): string => path.replace(/\/+$/, '').replace(/^.*\//, '') || '/'

/** Directories first, then by name. */
export const sortedFiles = (files: readonly StoredFile[]): readonly StoredFile[] =>
  [...files].sort((a, b) => Number(isDirectory(b)) - Number(isDirectory(a)) || (a.path < b.path ? -1 : 1))
