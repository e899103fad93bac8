/** The contexts of libzstd, counted by the calls of the library: none of them stays in memory. */
import { afterEach, describe, expect, it, vi } from 'vitest'
import { openUnzstd } from '../../../../lib/system/zstd/unzstd.js'
import { openZstdEncoder } from '../../../../lib/system/zstd/zstd-encoder.js'

/** The contexts that exist, and a function of the library that is to return another result. */
const library = vi.hoisted(() => ({
  contexts: new Set<unknown>(),
  function: '',
  result: undefined as number | null | undefined,
}))

vi.mock('../../../../lib/system/native/koffi.js', async (original) => {
  type Call = (...values: readonly unknown[]) => unknown
  interface Library {
    func(declaration: string): Call
  }
  interface Koffi {
    load(...values: readonly unknown[]): Library
  }
  const { loadKoffi } = await original<{ readonly loadKoffi: () => Koffi }>()
  const declare = (declaration: string, real: Call): Call => {
    const name = /(\w+)\(/.exec(declaration)![1]!
    const call: Call = (...values) => {
      if (library.function === name) return library.result
      const result = real(...values)
      if (/create/.test(name)) library.contexts.add(result)
      if (/free/.test(name)) library.contexts.delete(values[0])
      return result
    }
    return Object.assign(call, real)
  }
  return {
    loadKoffi: () => {
      const koffi = loadKoffi()
      return {
        address: (buffer: Buffer) =>
          (koffi as unknown as { address(buffer: Buffer): bigint }).address(buffer),
        load: (...values: readonly unknown[]) => {
          const loaded = koffi.load(...values)
          return { func: (declaration: string) => declare(declaration, loaded.func(declaration)) }
        },
      }
    },
  }
})

// The first ones load the library, and try it out.
const isHere = openUnzstd() !== undefined && openZstdEncoder(3) !== undefined
const before = new Set(library.contexts)

describe.skipIf(!isHere)('a context of libzstd', () => {
  afterEach(() => {
    library.function = ''
  })
  const contexts = (): number => [...library.contexts].filter((context) => !before.has(context)).length

  it('is freed after the library was tried out', () => {
    // Those of the two that are still open.
    expect(before.size).toBe(2)
  })

  it.each([
    ['decoder', () => openUnzstd()],
    ['encoder', () => openZstdEncoder(3)],
  ])('of an %s is freed when that is closed, once', (_, open) => {
    const [one, two] = [open()!, open()!]
    expect(contexts()).toBe(2)
    one.close()
    expect(contexts()).toBe(1)
    one.close()
    expect(contexts()).toBe(1)
    two.close()
    expect(contexts()).toBe(0)
  })

  it.each([
    ['decoder', 'ZSTD_DCtx_setParameter', () => openUnzstd()],
    ['encoder', 'ZSTD_CCtx_setParameter', () => openZstdEncoder(3)],
  ])('of an %s is freed if the library refuses a parameter, and is not used', (_, name, open) => {
    library.function = name
    library.result = -42
    expect(open()).toBeUndefined()
    expect(contexts()).toBe(0)
  })

  it.each([
    ['decoder', 'ZSTD_createDCtx', () => openUnzstd()],
    ['encoder', 'ZSTD_createCCtx', () => openZstdEncoder(3)],
  ])('of an %s is not used if there is no memory for it', (_, name, open) => {
    library.function = name
    library.result = null
    expect(open()).toBeUndefined()
  })
})

describe('libzstd', () => {
  it('is not used before version 1.4.0, whose parameters are others', async () => {
    vi.resetModules()
    library.function = 'ZSTD_versionNumber'
    library.result = 10_399
    const old = await import('../../../../lib/system/zstd/unzstd.js')
    expect(old.openUnzstd()).toBeUndefined()
    library.function = ''
  })
})
