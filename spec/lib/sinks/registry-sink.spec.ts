import { describe, expect, it } from 'vitest'
import { registrySink } from '../../../lib/sinks/index.js'
import { startRegistry, tinyImage } from '../../../lib/testing/index.js'
import { opening } from '../../support/with-target.js'

describe('registrySink', () => {
  it('writes an image to a repository, over connections of its own', async () => {
    await using registry = await startRegistry({ push: true }).then((started) =>
      Object.assign(started, { [Symbol.asyncDispose]: () => started.close() }),
    )
    const { manifest, config, layers } = tinyImage()
    await using sink = registrySink(`${registry.host}/team/app:ignored`)
    expect([sink.host, sink.repository]).toEqual([registry.host, 'team/app'])
    expect(registry.requests).toEqual([])
    for (const blob of [config, ...layers]) {
      expect(await sink.hasBlob(blob)).toBe(false)
      await sink.putBlob(blob, opening(blob.bytes))
    }
    await sink.putManifest(manifest.bytes, manifest, { tag: '1' })
    expect(await sink.resolve('1')).toBe(manifest.digest)
    expect(await sink.hasImage!(manifest)).toBe(true)
    expect(await sink.mount!(config, 'team/none')).toBe(false)
    expect(await sink.identity()).toBe(`${registry.host}|anonymous`)
  })

  it('rejects an invalid name', () => {
    expect(() => registrySink('No Name')).toThrow(expect.objectContaining({ code: 'REFERENCE_INVALID' }))
  })

  it('opens no more connections after it was closed', async () => {
    const registry = await startRegistry({ push: true })
    const sink = registrySink(`${registry.host}/team/app`)
    await sink.close()
    await expect(sink.resolve('1')).rejects.toMatchObject({ code: 'CANCELLED' })
    expect(registry.requests).toEqual([])
    await registry.close()
  })
})
