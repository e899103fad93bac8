import { getEventListeners } from 'node:events'
import { describe, expect, it } from 'vitest'
import { digestOf } from '../../../lib/image/index.js'
import { Repair } from '../../../pipelines/check/repair.js'

describe('the repair of many blobs', () => {
  it.each(['layer', 'config'])('leaves no listener on its signal after each %s', async (kind) => {
    const { signal } = new AbortController()
    const digest = digestOf(Buffer.from('x'))
    const repair = new Repair({
      ...{ store: { blobs: { has: () => Promise.resolve(false) } }, stages: {}, signal },
      requestFor: () => ({ name: 'a.example/app:1' }),
    } as never)
    const image = {
      name: 'a.example/app:1',
      named: { descriptor: { digest: digestOf(Buffer.from('manifest')) } },
      ...{ documents: [], layers: [] },
    }
    for (let nth = 0; nth < 3; nth++)
      await expect(repair.replaceBlob(kind, digest, image as never)).rejects.toMatchObject({
        message: expect.stringContaining(`has no ${kind} ${digest}`) as string,
      })
    expect(getEventListeners(signal, 'abort')).toEqual([])
  })
})
