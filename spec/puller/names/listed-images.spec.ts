import { describe, expect, it } from 'vitest'
import { listedImages } from '../../../puller/names/listed-images.js'
import { putNamed } from '../../support/store/images-in-a-store.js'
import { TemporaryStores } from '../../support/store/temporary-store.js'

describe('the names of a store that is not opened', () => {
  const stores = new TemporaryStores()

  it('are those with a name, also as they were typed', async () => {
    const store = await stores.open()
    await putNamed(store, 'docker.io/library/app:1', '{}', 'app:1')
    await putNamed(store, '', '[]')
    expect(listedImages({ store: store.directory })).toEqual([
      { name: 'docker.io/library/app:1', typed: 'app:1' },
    ])
    expect(listedImages({}, { WINDLASS_STORE: store.directory })).toHaveLength(1)
  })

  it('are none without a store', () => {
    expect(listedImages({ store: stores.fresh() })).toEqual([])
  })
})
