import { symlinkSync, truncateSync } from 'node:fs'
import { buffer } from 'node:stream/consumers'
import { describe, expect, it, vi } from 'vitest'
import { followLayer } from '../../../lib/bytes/index.js'
import { arrival } from '../../support/arriving-layer.js'
import { openPaths } from '../../support/open-paths.js'

const bytes = Buffer.from('the bytes of a layer')

describe('followLayer', () => {
  it('gives the bytes as they arrive, and ends with them', async () => {
    const { layer, file } = await arrival(bytes)
    const read = buffer(await followLayer(layer))
    await file.append([bytes.subarray(0, 7)])
    await new Promise(setImmediate)
    await file.append([bytes.subarray(7)])
    file.finish()
    expect(await read).toEqual(bytes)
  })

  it('gives a complete blob', async () => {
    const { layer, file } = await arrival(bytes, { before: bytes })
    await file.close()
    expect(await buffer(await followLayer({ ...layer, arriving: undefined }))).toEqual(bytes)
  })

  it('fails before the last byte of a wrong blob', async () => {
    const { layer, file } = await arrival(bytes)
    const read = buffer(await followLayer(layer))
    await file.append([Buffer.alloc(bytes.length)])
    file.finish()
    await expect(read).rejects.toMatchObject({ code: 'DIGEST_MISMATCH' })
  })

  it('fails when the download starts again', async () => {
    const { layer, file } = await arrival(bytes)
    const read = buffer(await followLayer(layer))
    await file.append([bytes.subarray(0, 7)])
    await file.truncate()
    await expect(read).rejects.toMatchObject({ code: 'STALLED', retryable: true })
  })

  it('fails with the error of the download', async () => {
    const { layer, file } = await arrival(bytes)
    const read = buffer(await followLayer(layer))
    file.fail(new Error('the line is cut'))
    await expect(read).rejects.toThrow('the line is cut')
  })

  it('is destroyed when the signal aborts', async () => {
    const { layer } = await arrival(bytes)
    const controller = new AbortController()
    const read = buffer(await followLayer(layer, controller))
    controller.abort()
    await expect(read).rejects.toMatchObject({ name: 'AbortError' })
  })

  it('does not follow a link that took the place of the blob', async () => {
    const { layer, file } = await arrival(bytes, { before: bytes })
    await file.close()
    const link = `${layer.path}.link`
    symlinkSync(layer.path, link)
    await expect(followLayer({ ...layer, path: link, arriving: undefined })).rejects.toMatchObject({
      code: 'STORE_IO',
      subject: { path: link },
    })
  })

  it('reads a download that has arrived or is verified, and closes the file however it ends', async () => {
    const { layer, file } = await arrival(bytes, { before: bytes })
    file.finish()
    expect(await buffer(await followLayer(layer))).toEqual(bytes)
    file.verify()
    expect(await buffer(await followLayer(layer))).toEqual(bytes)
    const stopped = await followLayer(layer)
    await new Promise((resolve) => stopped.once('close', resolve).destroy())
    await file.close()
    await vi.waitFor(() => expect(openPaths()).not.toContain(layer.path))
  })

  it('fails if the file became shorter', async () => {
    const { layer, file } = await arrival(bytes, { before: bytes })
    await file.close()
    truncateSync(layer.path, 3)
    await expect(buffer(await followLayer({ ...layer, arriving: undefined }))).rejects.toMatchObject({
      code: 'STORE_IO',
    })
  })
})
