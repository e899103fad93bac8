/** Modes and kinds of files. */
import { expect, it } from 'vitest'
import type { StoredFile } from '../../../lib/api/shapes.js'
import { baseName, modeText, sortedFiles, warningOf } from '../../../ui/facts/file-words.js'

const file = (path: string, type: string, mode: number): StoredFile => ({
  path,
  type,
  mode,
  size: 0,
  layer: 1,
})

it('writes modes as ls does', () => {
  expect(modeText(file('/usr/bin/sudo', 'file', 0o4755))).toBe('-rwsr-xr-x')
  expect(modeText(file('/tmp', 'directory', 0o1777))).toBe('drwxrwxrwt')
  expect(modeText(file('/bin', 'symlink', 0o777))).toBe('lrwxrwxrwx')
  expect(modeText(file('/x', 'file', 0o2644))).toBe('-rw-r-Sr--')
})

it('names what deserves attention', () => {
  expect(warningOf(file('/usr/bin/sudo', 'file', 0o6755))).toBe('set-user-id, set-group-id')
  expect(warningOf(file('/a/.wh.b', 'file', 0o644))).toBe('whiteout')
  expect(warningOf(file('/a', 'file', 0o644))).toBeUndefined()
})

it('sorts directories first', () => {
  const files = [file('/b', 'file', 0), file('/c', 'directory', 0), file('/a', 'file', 0)]
  expect(sortedFiles(files).map(({ path }) => baseName(path))).toEqual(['c', 'a', 'b'])
})
