import { describe, expect, it } from 'vitest'
import { type Digest, digestOf } from '../../../../lib/image/index.js'
import { schema1Annotation, storedConversion } from '../../../../lib/transfer/stored/stored-conversion.js'
import { tinyImage } from '../../../../lib/testing/images/index.js'
import { TemporaryStores } from '../../../support/store/temporary-store.js'

const stores = new TemporaryStores()
const [served, other] = ['served', 'other'].map((text) => digestOf(Buffer.from(text))) as [Digest, Digest]

/** Looks up the conversion of the schema 1 manifest `asked` under a name whose image was converted from `served`. */
async function found(asked: Digest): Promise<Digest | undefined> {
  const store = await stores.open()
  const { config, manifest } = tinyImage()
  for (const { digest, bytes } of [config, manifest]) await store.blobs.put(digest, bytes)
  const { mediaType, digest, bytes } = manifest
  const annotations = { [schema1Annotation]: served }
  const descriptor = { mediaType, digest, size: bytes.length, annotations }
  await store.names.set({ name: 'app', typed: 'app', descriptor })
  const conversion = await storedConversion({ name: 'app', digest: asked }, store)
  return conversion?.document.descriptor.digest
}

describe('the conversion that a name refers to', () => {
  it('is used for the schema 1 manifest that it was made from', async () => {
    expect(await found(served)).toBe(tinyImage().manifest.digest)
  })

  it('is not used for another manifest', async () => {
    expect(await found(other)).toBeUndefined()
  })
})
