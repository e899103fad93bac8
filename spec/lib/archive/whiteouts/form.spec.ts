/** Which whiteouts a file system supports, with a system that the test plays. */
import { readdirSync } from 'node:fs'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { hostWhiteoutForm, isOverlayXattr, markOpaque } from '../../../../lib/archive/whiteouts/form.js'
import { temporaryDirectory } from '../../../support/temporary-directory.js'

const refusals = vi.hoisted(() => ({ node: '', trusted: '', user: '', set: [] as string[] }))
vi.mock('../../../../lib/system/index.js', async (original) => {
  const refuse = (code: string): void => {
    if (code !== '') throw Object.assign(new Error(code), { code, errno: -1 })
  }
  return {
    ...(await original<object>()),
    systemCallsAvailable: () => true,
    makeNode: () => refuse(refusals.node),
    setXattr: (_path: Buffer, name: string) => {
      refuse(name.startsWith('trusted.') ? refusals.trusted : refusals.user)
      refusals.set.push(name)
    },
  }
})

describe('the form of whiteouts that a file system supports', () => {
  const directory = temporaryDirectory()
  afterEach(() => {
    Object.assign(refusals, { node: '', trusted: '', user: '', set: [] })
    // Nothing of the test stays.
    expect(readdirSync(directory)).toEqual([])
  })

  it('is that of overlayfs if devices and its attribute can be created', async () => {
    expect(await hostWhiteoutForm(directory)).toBe('overlay')
    expect(refusals.set).toEqual(['trusted.overlay.opaque'])
  })

  it.each(['EPERM', 'EACCES', 'ENOTSUP', 'EOPNOTSUPP'])(
    'is that of overlayfs also if only the attribute of a user is permitted: %s',
    async (code) => {
      refusals.trusted = code
      expect(await hostWhiteoutForm(directory)).toBe('overlay')
      expect(refusals.set).toEqual(['user.overlay.opaque'])
    },
  )

  it('is that of AUFS if the process or the file system refuses', async () => {
    for (const code of ['EPERM', 'ENOSYS', 'EINVAL']) {
      refusals.node = code
      expect(await hostWhiteoutForm(directory)).toBe('aufs')
    }
    Object.assign(refusals, { node: '', trusted: 'EPERM', user: 'ENOTSUP' })
    expect(await hostWhiteoutForm(directory)).toBe('aufs')
  })

  it('is not decided by a full or broken disk', async () => {
    refusals.node = 'ENOSPC'
    await expect(hostWhiteoutForm(directory)).rejects.toMatchObject({ code: 'STORE_FULL' })
    Object.assign(refusals, { node: '', trusted: 'EIO' })
    await expect(hostWhiteoutForm(directory)).rejects.toMatchObject({ code: 'STORE_IO' })
    refusals.trusted = ''
    await expect(hostWhiteoutForm(`${directory}/missing`)).rejects.toMatchObject({ code: 'STORE_IO' })
  })

  it('of an opaque directory is that of a user in the tree of one', () => {
    markOpaque(Buffer.from(directory), { forOrdinaryUser: true })
    expect(refusals.set).toEqual(['user.overlay.opaque'])
    refusals.trusted = 'ENOSPC'
    expect(() => markOpaque(Buffer.from(directory))).toThrow('ENOSPC')
  })

  it('is recognized by the names of attributes', () => {
    expect(['trusted.overlay.opaque', 'user.overlay.origin'].every(isOverlayXattr)).toBe(true)
    expect(
      ['user.overlayed', 'user.a', 'security.overlay.x', 'x.trusted.overlay.y'].some(isOverlayXattr),
    ).toBe(false)
  })
})
