import { expect, it } from 'vitest'
import { putNamed } from '../support/store/images-in-a-store.js'
import { TemporaryStores } from '../support/store/temporary-store.js'

const stores = new TemporaryStores()

it('an image with the normalised name is found before one whose name is the typed one', async () => {
  const store = await stores.open()
  const normalised = await putNamed(store, 'docker.io/library/alpine:latest', '{"normalised":1}')
  const typed = await putNamed(store, 'alpine', '{"typed":1}')
  const { names } = store
  expect(await names.get('docker.io/library/alpine:latest', 'alpine')).toMatchObject({
    descriptor: normalised,
  })
  expect(await names.get('docker.io/library/alpine:3', 'alpine')).toMatchObject({ descriptor: typed })
})
