import { chmodSync, chownSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { addPermission, withPermission } from '../../../../lib/archive/tree/temporary-permission.js'
import { asOrdinaryUser } from '../../../support/ordinary-user.js'
import { temporaryDirectory } from '../../../support/temporary-directory.js'

/** The error of the next `chmod`. */
const failing = vi.hoisted(() => ({ code: '' }))
vi.mock('node:fs', async (original) => {
  const real = await original<{ chmodSync(path: Buffer, mode: number): void }>()
  return {
    ...real,
    chmodSync: (path: Buffer, mode: number) => {
      if (failing.code !== '') throw Object.assign(new Error(failing.code), { code: failing.code, errno: -1 })
      real.chmodSync(path, mode)
    },
  }
})

describe('a file that its owner may not read', () => {
  const directory = temporaryDirectory()
  let count = 0
  const closedFile = (): Buffer => {
    const path = join(directory, String(count++))
    writeFileSync(path, 'content', { mode: 0o200 })
    if (process.geteuid?.() === 0) {
      chmodSync(directory, 0o755)
      chownSync(path, 65_534, 65_534)
    }
    return Buffer.from(path)
  }
  const modeOf = (path: Buffer): number => statSync(path).mode & 0o777
  const read = (path: Buffer, work = () => readFileSync(path, 'latin1')) =>
    asOrdinaryUser(() => Promise.resolve(withPermission(path, 0o200, 0o400, work)))
  afterEach(() => void (failing.code = ''))

  it('is readable for the time of the reading', async () => {
    const path = closedFile()
    expect(await read(path)).toBe('content')
    expect(modeOf(path)).toBe(0o200)
  })

  it('has its mode back also if the reading fails', async () => {
    const path = closedFile()
    const work = (): string => {
      readFileSync(path)
      throw new Error('broken')
    }
    await expect(asOrdinaryUser(async () => withPermission(path, 0o200, 0o400, work))).rejects.toThrow(
      'broken',
    )
    expect(modeOf(path)).toBe(0o200)
  })

  it.each(['EPERM', 'EROFS', 'EACCES'])(
    'fails with the error of the reading if its mode cannot be changed: %s',
    async (code) => {
      const path = closedFile()
      failing.code = code
      await expect(asOrdinaryUser(async () => read(path))).rejects.toMatchObject({ code: 'EACCES' })
    },
  )

  it('fails with another error of changing its mode, and with errors that are not about access', async () => {
    const path = closedFile()
    failing.code = 'EIO'
    await expect(asOrdinaryUser(async () => read(path))).rejects.toMatchObject({ code: 'EIO' })
    failing.code = ''
    const work = (): string => {
      throw Object.assign(new Error('EMFILE'), { code: 'EMFILE' })
    }
    await expect(asOrdinaryUser(async () => read(path, work))).rejects.toMatchObject({ code: 'EMFILE' })
    expect(modeOf(path)).toBe(0o200)
  })

  it('gets a permission only if it lacks it', async () => {
    const path = join(directory, 'dir')
    mkdirSync(path)
    if (process.geteuid?.() === 0) chownSync(path, 65_534, 65_534)
    await asOrdinaryUser(() => {
      expect(addPermission(Buffer.from(path), 0o755, 0o500)).toBe(false)
      chmodSync(path, 0o300)
      expect(addPermission(Buffer.from(path), 0o300, 0o500)).toBe(true)
      expect(modeOf(Buffer.from(path))).toBe(0o700)
      return Promise.resolve()
    })
  })
})
