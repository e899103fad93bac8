import { describe, expect, it, vi } from 'vitest'
import type { LayerReader } from '../../../../lib/archive/listing/layer-reader.js'
import { LazyLayer } from '../../../../lib/archive/listing/lazy-layer.js'
import { knownLayer } from '../../../support/archive/listed-layers.js'
import { file } from '../../../support/archive/scratch.js'

/** A layer that is complete after two reads. */
function reader() {
  const wanted: unknown[] = []
  const known = knownLayer([file('a')])
  const inner = {
    ...{ entries: known.entries, complete: false, verified: true },
    content: vi.fn((ordinal: number) => known.content(ordinal)),
    close: vi.fn(() => Promise.resolve()),
    advance: vi.fn((path?: string) => {
      inner.complete = wanted.push(path) === 2
      return Promise.resolve()
    }),
  }
  return { inner, wanted }
}

describe('a layer that is opened when it is read', () => {
  it('has nothing before', () => {
    const open = vi.fn(() => Promise.reject(new Error('opened')))
    const layer = new LazyLayer(open)
    expect([layer.entries, layer.complete, layer.verified]).toEqual([[], false, false])
    expect(open).not.toHaveBeenCalled()
  })

  it('is opened once, also by two reads at once, and read no further than its end', async () => {
    const { inner, wanted } = reader()
    const open = vi.fn((): Promise<LayerReader> => Promise.resolve(inner))
    const layer = new LazyLayer(open)
    await Promise.all([layer.advance('a'), layer.advance()])
    await layer.advance('late')
    expect(open).toHaveBeenCalledTimes(1)
    expect(wanted).toEqual(['a', undefined])
    expect([layer.entries, layer.complete, layer.verified]).toEqual([inner.entries, true, true])
    layer.content(0)
    expect(inner.content).toHaveBeenCalledWith(0)
  })

  it('is closed if it was opened, also while it is opened', async () => {
    const { inner } = reader()
    const layer = new LazyLayer(() => Promise.resolve(inner))
    await layer.close()
    expect(inner.close).not.toHaveBeenCalled()
    const reading = layer.advance()
    await layer.close()
    expect(inner.close).toHaveBeenCalledTimes(1)
    await reading
  })

  it('that cannot be opened fails when it is read, and not when it is closed', async () => {
    const layer = new LazyLayer(() => Promise.reject(new Error('gone')))
    await expect(layer.advance()).rejects.toThrow('gone')
    await layer.close()
  })
})
