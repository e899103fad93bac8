import { appendFileSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { digestOf } from '../../../../lib/image/index.js'
import {
  DownloadWatch,
  type HeldDownload,
  downloadWaitMs,
} from '../../../../lib/store/partial/download-watch.js'
import { temporaryDirectory } from '../../../support/temporary-directory.js'

const digest = digestOf(Buffer.from('blob'))

describe('a download that is watched', () => {
  const home = temporaryDirectory()
  const before = { ...downloadWaitMs }
  let now = 0
  let path = ''
  let made = 0
  beforeEach(() => {
    Object.assign(downloadWaitMs, { notice: 100, stalled: 1_000, total: 5_000, interval: 10 })
    vi.spyOn(performance, 'now').mockImplementation(() => now)
    const folder = join(home, String(++made))
    mkdirSync(folder)
    path = join(folder, 'partial')
    writeFileSync(path, 'b')
    writeFileSync(`${path}.lock`, 'process 1')
  })
  afterEach(() => {
    Object.assign(downloadWaitMs, before)
    vi.restoreAllMocks()
  })

  function watching(size?: number) {
    const held: HeldDownload[] = []
    const watch = new DownloadWatch({ digest, path, size, onHeld: (each) => held.push(each) })
    const later = (milliseconds: number): Promise<boolean> => {
      now += milliseconds
      return watch.isStuck()
    }
    return { held, later }
  }

  it('is stuck once nothing of it has come for a while, and is told once before', async () => {
    const { held, later } = watching()
    expect([await later(1), await later(98)]).toEqual([false, false])
    expect(held).toEqual([])
    expect([await later(10), await later(500), await later(20)]).toEqual([false, false, false])
    expect(held.map(({ code }) => code)).toEqual(['download-held'])
    expect(await later(1_000)).toBe(true)
    expect(held.map(({ code }) => code)).toEqual(['download-held', 'download-apart'])
  })

  it.each([
    ['of it', () => appendFileSync(path, 'l')],
    [
      'of another download of its process',
      () => {
        writeFileSync(join(path, '..', 'other'), 'x')
        writeFileSync(join(path, '..', 'other.lock'), 'process 1')
      },
    ],
  ])('is not stuck while bytes come %s', async (_, grow) => {
    const { later } = watching()
    await later(1)
    await later(900)
    grow()
    expect([await later(900), await later(900)]).toEqual([false, false])
    expect(await later(200)).toBe(true)
  })

  it('is stuck although bytes come of the download of another process', async () => {
    const { later } = watching()
    await later(1)
    await later(900)
    writeFileSync(join(path, '..', 'other'), 'x')
    writeFileSync(join(path, '..', 'other.lock'), 'process 2')
    expect(await later(200)).toBe(true)
  })

  it('is not looked at again too soon', async () => {
    const { held, later } = watching()
    await later(95)
    expect(await later(9)).toBe(false)
    expect(held).toEqual([])
    await later(1)
    expect(held).toHaveLength(1)
  })

  it('is given up in the end, although bytes come', async () => {
    const { later } = watching()
    for (let at = 0; at < 9; at++) {
      appendFileSync(path, 'x')
      expect(await later(500)).toBe(false)
    }
    await expect(later(500)).rejects.toMatchObject({
      ...{ code: 'STORE_LOCKED', subject: { digest, path: `${path}.lock` } },
      message: expect.stringMatching(/^Waited 5 seconds for the download of /) as string,
      hint: expect.stringContaining('kill') as string,
    })
  })
})
