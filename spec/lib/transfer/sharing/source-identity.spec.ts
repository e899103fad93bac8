import { lastValueFrom } from 'rxjs'
import { describe, expect, it } from 'vitest'
import { Flow, Scope, stage } from '../../../../lib/flow/index.js'
import { type ImageSource, digestOf } from '../../../../lib/image/index.js'
import type { Store } from '../../../../lib/store/index.js'
import { type LayerTask, type SharedLayerTask, LayerFlights } from '../../../../lib/transfer/index.js'
import { ensureLayer } from '../../../../lib/stages/index.js'
import { sourceIdentity } from '../../../../lib/transfer/sharing/source-identity.js'

const sourceOf = (identity: ImageSource['identity']): ImageSource =>
  ({ identity, host: 'here' }) as unknown as ImageSource

describe('the identity of a source', () => {
  it('is looked up on subscription', async () => {
    const source = sourceOf(() => Promise.resolve('somebody'))
    expect(await lastValueFrom(sourceIdentity(source, new Scope()))).toBe('somebody')
    const failing = sourceOf(() => Promise.reject(new Error('no file')))
    await expect(lastValueFrom(sourceIdentity(failing, new Scope()))).rejects.toThrow('no file')
  })

  it('is no longer looked up after unsubscription, and the scope waits for the end of the lookup', async () => {
    let end: (() => void) | undefined
    const heard: string[] = []
    const source = sourceOf(
      ({ signal } = {}) =>
        new Promise((resolve) => {
          signal?.addEventListener('abort', () => heard.push('abort'))
          end = () => resolve('late')
        }),
    )
    const scope = new Scope()
    sourceIdentity(source, scope).subscribe().unsubscribe()
    expect(heard).toEqual(['abort'])
    expect(scope.running).toEqual(['identity'])
    const closed = scope.close()
    end?.()
    await closed
  })

  it('decides which pulls share a download: those from the same host as the same user', async () => {
    const store = { blobs: { has: () => Promise.resolve(false) } } as unknown as Store
    const descriptor = { mediaType: 'x', digest: digestOf(Buffer.from('layer')), size: 5 }
    const fetchedFor: ImageSource[] = []
    let go: (() => void) | undefined
    const going = new Promise<void>((resolve) => (go = resolve))
    const line = stage(async ({ source }: SharedLayerTask) => {
      fetchedFor.push(source)
      await going
      return undefined
    })
    const goal = { unpack: false, form: 'overlay', keepBlobs: true, refresh: false } as const
    const ensure = ensureLayer({ store, goal, flights: new LayerFlights(), slots: 1 }, line)
    const [one, same, other] = ['one', 'one', 'other'].map((name) => sourceOf(() => Promise.resolve(name)))
    const pull = (source: ImageSource | undefined) =>
      lastValueFrom(
        Flow.of({ descriptor, source, positions: [0], action: 'download', offset: 0 } as unknown as LayerTask)
          .pipe(ensure)
          .toObservable(new Scope()),
      )
    const pulls = [one, same, other].map(pull)
    await new Promise((resolve) => setTimeout(resolve, 20))
    expect(fetchedFor).toEqual([one, other])
    go?.()
    expect(await Promise.all(pulls)).toHaveLength(3)
  })
})
