import { describe, expect, it } from 'vitest'
import { displayName, fileAsJson, formatMode, longListing } from '../../../cli/render/files.js'
import type { ImageFile } from '../../../pipelines/index.js'

describe('a mode', () => {
  it.each([
    ['file', 0o644, '-rw-r--r--'],
    ['directory', 0o1777, 'drwxrwxrwt'],
    ['directory', 0o1776, 'drwxrwxrwT'],
    ['symlink', 0o777, 'lrwxrwxrwx'],
    ['file', 0o6755, '-rwsr-sr-x'],
    ['file', 0o6644, '-rwSr-Sr--'],
    ['file', 0o2755, '-rwxr-sr-x'],
    ['file', 0o4755, '-rwsr-xr-x'],
    ['character-device', 0o666, 'crw-rw-rw-'],
    ['block-device', 0o660, 'brw-rw----'],
    ['fifo', 0, 'p---------'],
  ] as const)('of a %s, %i, is shown as %s', (type, mode, text) => {
    expect(formatMode({ type, mode })).toBe(text)
  })
})

const file = {
  ...{ path: 'etc/a', type: 'file', mode: 0o644, uid: 0, gid: 5, size: 12 },
  mtime: 1_700_000_000_123_456_789n,
} as ImageFile
const list = (...files: readonly ImageFile[]): string =>
  longListing(files, (each) => displayName(each, { whole: false }))

describe('files of an image', () => {
  it('are listed in columns, with times in minutes and the numbers of devices', () => {
    const device: ImageFile = {
      ...{
        ...file,
        path: 'dev/null',
        type: 'character-device',
        mode: 0o666,
        gid: 12_345,
        size: 0,
        mtime: 0n,
      },
      device: { major: 1, minor: 3 },
    }
    expect(list(file, device)).toBe(
      '-rw-r--r-- 0     5   12 2023-11-14 22:13 a\ncrw-rw-rw- 0 12345 1, 3 1970-01-01 00:00 null\n',
    )
    expect(list()).toBe('')
  })

  it('have names and targets of links without control characters', () => {
    const odd = 'x\u001b[2J'
    const shown = 'x\\u{1b}[2J'
    expect(displayName({ ...file, path: `a/${odd}` }, { whole: false })).toBe(shown)
    expect(displayName({ ...file, path: `a/${odd}` }, { whole: true })).toBe(`a/${shown}`)
    expect(list({ ...file, linkTarget: odd })).toContain(` a -> ${shown}\n`)
    expect(list({ ...file, hardlink: odd })).toContain(` a link to ${shown}\n`)
  })

  it('are objects of JSON with the mode in octal and attributes in base64', () => {
    expect(fileAsJson(file)).toEqual({
      ...{ path: 'etc/a', type: 'file', mode: '0644', uid: 0, gid: 5, size: 12 },
      mtime: '2023-11-14T22:13:20.123456789Z',
    })
    const more = { linkTarget: 't', hardlink: 'h', device: { major: 1, minor: 2 }, layer: 0 }
    const xattrs = new Map([['user.a', Buffer.from([0xff])]])
    expect(fileAsJson({ ...file, ...more, xattrs, mode: 0 } as unknown as ImageFile)).toMatchObject({
      ...{ ...more, mode: '0000', xattrs: { 'user.a': '/w==' } },
    })
  })
})
