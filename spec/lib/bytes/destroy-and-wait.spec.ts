import { PassThrough, Readable } from 'node:stream'
import { describe, expect, it } from 'vitest'
import { destroyAndWait } from '../../../lib/bytes/destroy-and-wait.js'

describe('destroyAndWait', () => {
  it('resolves when the stream has released its resources', async () => {
    let isReleased = false
    const stream = new Readable({
      destroy: (_error, done) => {
        setImmediate(() => {
          isReleased = true
          done(null)
        })
      },
    })
    await destroyAndWait(stream)
    expect(isReleased).toBe(true)
  })

  it('resolves for a stream that fails, and for a closed one', async () => {
    const stream = new PassThrough({ destroy: (_error, done) => done(new Error('of the end')) })
    await destroyAndWait(stream)
    await destroyAndWait(stream)
    expect(stream.closed).toBe(true)
  })
})
