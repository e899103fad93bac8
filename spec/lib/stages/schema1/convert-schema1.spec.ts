import { describe, expect, it } from 'vitest'
import { Deferred } from '../../../../lib/flow/flows/deferred.js'
import { type Digest, type Schema1Conversion, digestOf, readSchema1 } from '../../../../lib/image/index.js'
import { defaultLimits } from '../../../../lib/limits.js'
import { convertSchema1 } from '../../../../lib/stages/index.js'
import type { FinishedImage, WholeImage } from '../../../../lib/stages/elements.js'
import { buildImage } from '../../../../lib/testing/images/index.js'
import { schema1Payload } from '../../../../testbench/documents/schema1-images.js'
import { runStage } from '../../../support/run-stage.js'
import { commitLayer, layerBlob } from '../../../support/store/images-in-a-store.js'
import { TemporaryStores } from '../../../support/store/temporary-store.js'

const stores = new TemporaryStores()

/** An earlier conversion, which is told from a new one by its bytes. */
const previousConversion = {
  document: { kind: 'image', bytes: Buffer.from('converted before') },
  config: { bytes: Buffer.from('config of before') },
} as unknown as Schema1Conversion

describe('the conversion of a schema 1 image', () => {
  async function convert(upToDate: boolean, previous: Schema1Conversion | undefined) {
    const store = await stores.open()
    const stored = await commitLayer(store, 'a', { form: 'overlay' })
    const descriptor = layerBlob('a')
    const payload = schema1Payload([{ blob: descriptor.digest }])
    const image = {
      request: { name: 'example.com/app:1' },
      document: {
        ...{ kind: 'schema1', bytes: payload, descriptor: { digest: digestOf(payload) } },
        image: readSchema1(JSON.parse(payload.toString()) as never, 'example.com/app:1'),
        previousConversion: previous,
      },
      ...{ upToDate, config: new Deferred({ name: 'config', hint: '' }) },
      ensured: [{ task: { descriptor, positions: [0] }, stored }],
    } as unknown as WholeImage
    const { outputs } = await runStage(convertSchema1(store), image)
    const finished: FinishedImage = outputs[0]!
    return { finished, config: await image.config.value, stored, image }
  }

  it('is the earlier one if the store has the whole image already', async () => {
    const { finished, config, image } = await convert(true, previousConversion)
    expect(finished.document).toBe(previousConversion.document)
    expect(config).toBe(previousConversion.config)
    expect(finished.original).toBe(image.document)
  })

  it.each([
    ['a part of the image was fetched', false, previousConversion],
    ['there is no earlier one', true, undefined],
  ])('is made of the layers if %s', async (_, upToDate, previous) => {
    const { finished, config, stored } = await convert(upToDate, previous)
    expect(finished.document.manifest.layers.map(({ digest }) => digest)).toEqual([layerBlob('a').digest])
    expect(config.diffIDs).toEqual([stored.diffID])
    expect(finished.document.manifest.config.digest).toBe(digestOf(config.bytes))
  })

  it('takes the diffID of a layer that is not unpacked from the store, or reads it within the limits', async () => {
    const blob = buildImage({ layers: [{ entries: [{ path: 'a' }] }] }).layers[0]!
    const payload = schema1Payload([{ blob: blob.digest }])
    const converted = async (found: object | undefined, limits?: object): Promise<readonly Digest[]> => {
      const store = await stores.open()
      await store.blobs.put(blob.digest, blob.bytes)
      const image = {
        request: { name: 'example.com/app:1', limits },
        document: {
          ...{ kind: 'schema1', bytes: payload, descriptor: { digest: digestOf(payload) } },
          image: readSchema1(JSON.parse(payload.toString()) as never, 'example.com/app:1'),
        },
        ...{ upToDate: false, config: new Deferred({ name: 'config', hint: '' }) },
        ensured: [{ task: { descriptor: blob, positions: [0] }, stored: undefined }],
      } as unknown as WholeImage
      const findByBlob = async () => found
      const layers = new Proxy(store.layers, {
        get: (target, key) => (key === 'findByBlob' ? findByBlob : (Reflect.get(target, key) as unknown)),
      })
      const stage = convertSchema1({ blobs: store.blobs, layers } as never)
      await runStage(stage, image)
      return (await image.config.value).diffIDs
    }
    const known = digestOf(Buffer.from('known'))
    expect(await converted({ diffID: known })).toEqual([known])
    expect(await converted(undefined)).toEqual([blob.diffID])
    await expect(converted(undefined, { ...defaultLimits, layerBytes: 1 })).rejects.toMatchObject({
      code: 'LIMIT_EXCEEDED',
    })
  })
})
