import { setImmediate } from 'node:timers/promises'
import { describe, expect, it, onTestFinished } from 'vitest'
import { LibraryDecoder } from '../../../../lib/bytes/compression/library-decoder.js'
import { openUnzstd } from '../../../../lib/system/index.js'

const isThere = openUnzstd()
isThere?.close()

/** A decoder whose library works on a chunk until `settle` is called. */
class SlowDecoder extends LibraryDecoder {
  settle: { resolve(): void; reject(error: Error): void } | undefined
  isFreed = false

  protected override decodeAll(): Promise<void> {
    return new Promise((resolve, reject) => (this.settle = { resolve, reject }))
  }

  protected override checkEnd(): void {
    // The stream is destroyed before its end.
  }

  protected override freeDecoder(): void {
    this.isFreed = true
  }
}

describe.skipIf(isThere === undefined)('a decoder of a library', () => {
  it.each(['ends', 'fails'])(
    'frees its memory when the call that uses it %s, and not before',
    async (how) => {
      const library = openUnzstd()!
      onTestFinished(() => library.close())
      const decoder = new SlowDecoder('zstd', library, { outputBytes: 2 ** 17, asynchronous: true })
      decoder.on('error', () => undefined)
      decoder.write(Buffer.from('abc'))
      decoder.destroy()
      for (let turn = 0; turn < 5; turn++) await setImmediate()
      expect(decoder.isFreed).toBe(false)
      if (how === 'ends') decoder.settle?.resolve()
      else decoder.settle?.reject(new Error('damaged'))
      await expect.poll(() => decoder.isFreed).toBe(true)
    },
  )
})
