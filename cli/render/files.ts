/** Formats files of an image like `ls -l`, and as JSON. */
import { toRfc3339 } from '../../lib/archive/toc/rfc3339.js'
import { printable } from '../../lib/codec/printable.js'
import type { ImageFile } from '../../pipelines/index.js'

const types: Readonly<Record<ImageFile['type'], string>> = {
  file: '-',
  directory: 'd',
  symlink: 'l',
  'character-device': 'c',
  'block-device': 'b',
  fifo: 'p',
}

/** Returns the name of a file, or its whole path, without characters that control a terminal. */
export const displayName = ({ path }: ImageFile, { whole }: { readonly whole: boolean }): string =>
  printable(whole ? path : path.slice(path.lastIndexOf('/') + 1), Infinity)

/** Formats the type and the mode like `ls`: `-rwsr-xr-x`. */
export function formatMode({ type, mode }: Pick<ImageFile, 'type' | 'mode'>): string {
  const bit = (at: number, letter: string): string => ((mode >> at) & 1 ? letter : '-')
  const execute = (at: number, special: number, letter: string): string => {
    if (!((mode >> special) & 1)) return bit(at, 'x')
    return (mode >> at) & 1 ? letter : letter.toUpperCase()
  }
  const triples = [
    [bit(8, 'r'), bit(7, 'w'), execute(6, 11, 's')],
    [bit(5, 'r'), bit(4, 'w'), execute(3, 10, 's')],
    [bit(2, 'r'), bit(1, 'w'), execute(0, 9, 't')],
  ]
  return types[type] + triples.flat().join('')
}

/**
 * Formats one line for each file: mode, owner, group, size (of a device: major and minor number), time in UTC, name,
 * and the target of a link.
 */
export function longListing(files: readonly ImageFile[], name: (file: ImageFile) => string): string {
  const rows = files.map((file) => {
    const { uid, gid, size, device, mtime } = file
    const time = toRfc3339(mtime)
      .replace('T', ' ')
      .replace(/:\d\d(?:\.\d+)?Z$/, '')
    const amount = device ? `${device.major}, ${device.minor}` : String(size)
    return {
      cells: [formatMode(file), String(uid), String(gid), amount, time],
      rest: name(file) + linkSuffix(file),
    }
  })
  const width = (column: number): number =>
    rows.reduce((most, { cells }) => Math.max(most, cells[column]!.length), 0)
  const widths = [0, 1, 2, 3, 4].map(width)
  return rows
    .map(({ cells, rest }) => `${cells.map((cell, at) => cell.padStart(widths[at]!)).join(' ')} ${rest}\n`)
    .join('')
}

function linkSuffix({ linkTarget, hardlink }: ImageFile): string {
  if (linkTarget !== undefined) return ` -> ${printable(linkTarget, Infinity)}`
  return hardlink === undefined ? '' : ` link to ${printable(hardlink, Infinity)}`
}

/** Returns a file as an object for JSON: the mode in octal, the time as RFC 3339, attributes in base64. */
export function fileAsJson(file: ImageFile): Readonly<Record<string, unknown>> {
  const { path, type, mode, uid, gid, size, mtime, linkTarget, hardlink, device, xattrs, layer } = file
  return {
    ...{ path, type, mode: mode.toString(8).padStart(4, '0'), uid, gid, size, mtime: toRfc3339(mtime) },
    ...(linkTarget !== undefined && { linkTarget }),
    ...(hardlink !== undefined && { hardlink }),
    ...(device && { device }),
    ...(xattrs && {
      xattrs: Object.fromEntries([...xattrs].map(([name, value]) => [name, value.toString('base64')])),
    }),
    ...(layer !== undefined && { layer }),
  }
}
