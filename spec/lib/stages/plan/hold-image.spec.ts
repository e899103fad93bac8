import { lastValueFrom } from 'rxjs'
import { describe, expect, it } from 'vitest'
import { Flow, Scope } from '../../../../lib/flow/index.js'
import { type Digest, digestOf } from '../../../../lib/image/index.js'
import type { PullableDocument, Resolved } from '../../../../lib/stages/elements.js'
import { holdImage } from '../../../../lib/stages/plan/hold-image.js'
import type { Store } from '../../../../lib/store/index.js'
import { leftEarly, slowToEnd } from '../../../support/left-early.js'

const named = (text: string) => ({ digest: digestOf(Buffer.from(text)) })

describe('the content that a pull protects from garbage collection', () => {
  async function held(document: object, parentIndexes: readonly string[]): Promise<Digest[]> {
    const digests: Digest[] = []
    const holdUntil = async (_: AbortSignal, ...more: Digest[]) => void digests.push(...more)
    const store = { holdUntil } as unknown as Store
    const resolved = { document, parentIndexes: parentIndexes.map((text) => ({ descriptor: named(text) })) }
    const scope = new Scope()
    const image = resolved as unknown as Resolved<PullableDocument>
    await lastValueFrom(Flow.of(image).pipe(holdImage(store)).toObservable(scope))
    await scope.close()
    return [...new Set(digests)].sort()
  }
  const digestsOf = (...texts: string[]): Digest[] => texts.map((text) => named(text).digest).sort()

  it('is its manifest, its config, every layer, and every index that contains it', async () => {
    const manifest = { config: named('config'), layers: [named('one'), named('two')] }
    const image = { kind: 'image', descriptor: named('manifest'), manifest }
    expect(await held(image, ['root', 'inner'])).toEqual(
      digestsOf('manifest', 'config', 'one', 'two', 'root', 'inner'),
    )
  })

  it('includes the previous conversion of a schema 1 image', async () => {
    const previousConversion = {
      document: { descriptor: named('made'), manifest: { config: named('config'), layers: [] } },
    }
    const schema1 = {
      kind: 'schema1',
      descriptor: named('schema1'),
      layers: [named('one')],
      previousConversion,
    }
    expect(await held(schema1, [])).toEqual(digestsOf('schema1', 'one', 'made', 'config'))
    expect(await held({ ...schema1, previousConversion: undefined }, [])).toEqual(digestsOf('schema1', 'one'))
  })

  it('is requested until a cancelled pull has stopped waiting for the lock of the store', async () => {
    let ended = false
    const holdUntil = (signal: AbortSignal) => slowToEnd(signal, 20).finally(() => (ended = true))
    const document = {
      kind: 'image',
      descriptor: named('manifest'),
      manifest: { config: named('config'), layers: [] },
    }
    await leftEarly({ document, parentIndexes: [] } as never, holdImage({ holdUntil } as unknown as Store))
    expect(ended).toBe(true)
  })
})
