/** An attribute that is too large for the file system is left out, with a warning. */
import { describe, expect, it } from 'vitest'
import { file, refusal, scratch } from '../../../support/archive/scratch.js'

describe('an attribute that is too large for the file system', () => {
  it('is skipped with a warning about its size, not reported as a full disk', async () => {
    const it = await scratch()
    const messages: string[] = []
    const warn = (_code: string, message: string): void => void messages.push(message)
    const large = new Map([['user.large', Buffer.alloc(65_536, 'x')]])
    it.apply([file('a', 'x', { xattrs: large, mode: 0o4711 }), file('b', 'x', { xattrs: large })], { warn })
    const tree = await it.tree()
    const xattrCount = tree.get('a')?.xattrs.size
    // A file system with enough space for attributes stores it.
    expect(messages.length).toBe(xattrCount === 1 ? 0 : 1)
    for (const message of messages) {
      expect(message).toMatch(
        /\(first: "user.large" of "a": (ENOSPC|E2BIG): its 64 KiB are more than the file system (stores|accepts)/,
      )
      expect(message).not.toMatch(/free some space/i)
    }
    expect(tree.get('a')).toMatchObject({ mode: 0o4711, size: 1 })
  })

  it('is rejected with the limits if it exceeds those of Linux', async () => {
    const it = await scratch()
    for (const xattrs of [
      new Map([['user.huge', Buffer.alloc(65_537)]]),
      new Map([[`user.${'x'.repeat(251)}`, Buffer.from('x')]]),
    ]) {
      const error = refusal(() => it.apply([file('a', 'x', { xattrs })]))
      expect([error.code, error.hint]).toEqual([
        'LAYER_INVALID',
        'Linux allows names of up to 255 bytes and values of up to 64 KiB. Nothing of the layer is kept. Tell whoever publishes the image.',
      ])
      expect(error.message).toMatch(/exceeds the limits of Linux$/)
    }
  })
})
