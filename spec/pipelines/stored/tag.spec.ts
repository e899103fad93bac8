import { describe, expect, it, vi } from 'vitest'
import { tagImage } from '../../../pipelines/stored/tag.js'
import { countLayerUsers } from '../../../pipelines/stored/layer-users.js'
import { putNamed } from '../../support/store/images-in-a-store.js'
import { TemporaryStores } from '../../support/store/temporary-store.js'

describe('another name of an image', () => {
  const stores = new TemporaryStores()

  it('points at the same image, is kept as it was typed, and takes the name from another image', async () => {
    const store = await stores.open()
    const { digest } = await putNamed(store, 'docker.io/library/app:1', '{}')
    await putNamed(store, 'docker.io/library/tool:latest', '[]')
    const held = vi.spyOn(store, 'holdUntil')
    const { signal } = new AbortController()
    const named = await tagImage('docker.io/library/app:1', 'tool', store, signal)
    expect(named).toMatchObject({ name: 'docker.io/library/tool:latest', typed: 'tool:latest' })
    const digests = (await store.names.entries()).map((entry) => entry.digest)
    expect(digests).toEqual([digest, digest])
    expect(held).toHaveBeenCalledWith(signal, digest)
  })

  it.each([`app@sha256:${'1'.repeat(64)}`, 'scratch', 'No Name', ''])('is not %j', async (target) => {
    const store = await stores.open()
    await putNamed(store, 'docker.io/library/app:1', '{}')
    await expect(tagImage('docker.io/library/app:1', target, store)).rejects.toMatchObject({
      code: 'REFERENCE_INVALID',
    })
    expect((await store.names.entries()).length).toBe(1)
  })

  it('is not given to what the store does not have', async () => {
    const store = await stores.open()
    await expect(tagImage('app:1', 'tool:1', store)).rejects.toMatchObject({ code: 'IMAGE_UNKNOWN' })
  })
})

describe('the users of a layer', () => {
  it('are images, each once however often it has the layer', () => {
    expect([...countLayerUsers([['a', 'b', 'a'], ['a'], []], (layers) => layers)]).toEqual([
      ['a', 2],
      ['b', 1],
    ])
  })
})
