import { describe, expect, it } from 'vitest'
import { formatMode } from '../../../cli/render/files.js'

describe('a mode', () => {
  it.each([
    ['file', 0o644, '-rw-r--r--'],
    ['directory', 0o1777, 'drwxrwxrwt'],
    ['directory', 0o1776, 'drwxrwxrwT'],
    ['symlink', 0o777, 'lrwxrwxrwx'],
    ['file', 0o6755, '-rwsr-sr-x'],
    ['file', 0o6644, '-rwSr-Sr--'],
    ['character-device', 0o666, 'crw-rw-rw-'],
    ['block-device', 0o660, 'brw-rw----'],
    ['fifo', 0, 'p---------'],
  ] as const)('of a %s, %i, is shown as %s', (type, mode, text) => {
    expect(formatMode({ type, mode })).toBe(text)
  })
})
