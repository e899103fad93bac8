import { buffer } from 'node:stream/consumers'
import { describe, expect, it } from 'vitest'
import { followLayer } from '../../../lib/bytes/index.js'
import { arrival } from '../../support/arriving-layer.js'

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
})
