/** Verifies a blob of the store by reading it completely. */
import {
  chmodSync,
  chownSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { open } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it, vi } from 'vitest'
import { formatCount, formatNumber } from '../../../../lib/quantities.js'
import { digestOf } from '../../../../lib/image/index.js'
import { verifyBlob } from '../../../../lib/store/blobs/verify-blob.js'
import { openPaths } from '../../../support/open-paths.js'
import { asOrdinaryUser } from '../../../support/ordinary-user.js'

/** Content that is read in several pieces, of which the last is shorter. */
const bytes = Buffer.from(Array.from({ length: 2_500_000 }, (_, at) => (at * at) % 251))
const digest = digestOf(bytes)

describe('a blob that is verified', () => {
  const root = mkdtempSync(join(tmpdir(), 'windlass-verify-'))
  afterAll(() => rmSync(root, { recursive: true }))
  let made = 0
  const put = (content: Buffer): string => {
    const path = join(root, String(++made))
    writeFileSync(path, content)
    return path
  }
  const inodeOf = (path: string): bigint => lstatSync(path, { bigint: true }).ino

  it('is whole if its bytes have its digest', async () => {
    const whole = { state: 'whole', bytes: bytes.length }
    expect(await verifyBlob({ path: put(bytes), digest })).toEqual(whole)
    expect(await verifyBlob({ path: put(bytes), digest, size: bytes.length })).toEqual(whole)
  })

  it('is damaged if any byte is changed', async () => {
    for (const at of [0, 1_200_000, bytes.length - 1]) {
      const wrong = Buffer.from(bytes)
      wrong[at]! ^= 1
      const path = put(wrong)
      expect(await verifyBlob({ path, digest, size: bytes.length })).toEqual({
        state: 'damaged',
        why: `its content has the digest ${digestOf(wrong)}`,
        actual: digestOf(wrong),
        inode: inodeOf(path),
      })
    }
  })

  it('is damaged if the disk cannot read it, and is closed then', async () => {
    const path = put(bytes)
    const probe = await open(path)
    const read = vi.spyOn(Object.getPrototypeOf(probe) as typeof probe, 'read')
    await probe.close()
    const failed = (code: string): Error => Object.assign(new Error(`${code}: it failed`), { code })
    try {
      read.mockRejectedValueOnce(failed('EIO'))
      expect(await verifyBlob({ path, digest })).toEqual({
        ...{ state: 'damaged', why: 'the disk cannot read it', inode: inodeOf(path) },
      })
      read.mockRejectedValueOnce(failed('EINVAL'))
      await expect(verifyBlob({ path, digest })).rejects.toMatchObject({ code: 'STORE_IO' })
    } finally {
      read.mockRestore()
    }
    expect(openPaths()).not.toContain(path)
  })

  it('is damaged if its size differs, without reading it', async () => {
    const path = put(bytes.subarray(1))
    expect(await verifyBlob({ path, digest, size: bytes.length })).toEqual({
      state: 'damaged',
      why: `it has ${formatCount(bytes.length - 1, 'byte')} instead of ${formatNumber(bytes.length)}`,
      inode: inodeOf(path),
    })
  })

  it('is damaged if it is not a regular file, and links are not followed', async () => {
    const link = join(root, 'link')
    symlinkSync(put(bytes), link)
    const directory = join(root, 'directory')
    mkdirSync(directory)
    for (const path of [link, directory])
      expect(await verifyBlob({ path, digest })).toEqual({
        state: 'damaged',
        why: 'it is not a regular file',
        inode: inodeOf(path),
      })
    expect(await verifyBlob({ path: join(root, 'none'), digest })).toEqual({ state: 'missing' })
  })

  it('is damaged if this user may not read it in a directory of their own', async () => {
    const own = join(root, 'own')
    mkdirSync(own)
    const path = join(own, 'blob')
    writeFileSync(path, bytes, { mode: 0 })
    if (process.geteuid?.() === 0) {
      chmodSync(root, 0o755)
      for (const each of [own, path]) chownSync(each, 65_534, 65_534)
    }
    expect(await asOrdinaryUser(() => verifyBlob({ path, digest }))).toEqual({
      ...{ state: 'damaged', why: 'it cannot be read: permission denied', inode: inodeOf(path) },
    })
  })

  it.runIf(process.geteuid?.() === 0)(
    'is an error if it is in the directory of another user, whose blob nobody else may replace',
    async () => {
      chmodSync(root, 0o755)
      const path = put(bytes)
      chmodSync(path, 0)
      await expect(asOrdinaryUser(() => verifyBlob({ path, digest }))).rejects.toMatchObject({
        code: 'STORE_DENIED',
        message: expect.stringContaining('verify a blob') as string,
      })
    },
  )

  it('is not read further after the signal aborts', async () => {
    const stop = new AbortController()
    const reading = verifyBlob({ path: put(bytes), digest, signal: stop.signal })
    stop.abort(new Error('enough'))
    await expect(reading).rejects.toMatchObject({ cause: { message: 'enough' } })
  })
})
