import { lastValueFrom } from 'rxjs'
import { describe, expect, it } from 'vitest'
import { Flow, Scope } from '../../../../lib/flow/index.js'
import { type Digest, digestOf } from '../../../../lib/image/index.js'
import { sizeSchema1 } from '../../../../lib/stages/schema1/size-schema1.js'
import type { Store } from '../../../../lib/store/index.js'
import { leftEarly, slowToEnd } from '../../../support/left-early.js'

const [one, two] = ['one', 'two'].map((text) => digestOf(Buffer.from(text))) as [Digest, Digest]
const store = {
  names: { get: async () => undefined },
  blobs: { has: async () => false },
} as unknown as Store
const stage = sizeSchema1({ store, retry: { attempts: 1, delay: 0, longestRetryAfter: 0 } })

describe('the requests for the sizes of layers', () => {
  function scene(sizeOf: (digest: Digest, signal: AbortSignal) => Promise<number>) {
    const ended: Digest[] = []
    const blobSize = (digest: Digest, { signal }: { readonly signal: AbortSignal }) =>
      sizeOf(digest, signal).finally(() => ended.push(digest))
    const resolved = {
      request: { name: 'app', source: { blobSize } },
      document: { kind: 'schema1', descriptor: {}, image: { layers: [{ digest: one }, { digest: two }] } },
      trail: [],
    }
    return { resolved: resolved as never, ended }
  }

  it('have all ended when a cancelled pull has', async () => {
    const { resolved, ended } = scene((digest, signal) => slowToEnd(signal, digest === one ? 5 : 25))
    await leftEarly(resolved, stage)
    expect(ended).toEqual([one, two])
  })

  it('have all ended when a pull has failed because of one of them', async () => {
    const { resolved, ended } = scene((digest, signal) =>
      digest === one ? Promise.reject(new Error('no size')) : slowToEnd(signal, 20),
    )
    const scope = new Scope()
    await expect(lastValueFrom(Flow.of(resolved).pipe(stage).toObservable(scope))).rejects.toThrow('no size')
    await scope.close()
    expect(ended).toEqual([one, two])
  })
})
