import { spawnSync } from 'node:child_process'
import { describe, expect, it } from 'vitest'
import { openUnzstd, UnzstdError } from '../../../../lib/system/zstd/unzstd.js'
import { storedZstd } from '../../../../lib/testing/images/compress.js'

const text = Buffer.from('what is said again and again '.repeat(4000))
const here = openUnzstd()
here?.close()

describe('libzstd', () => {
  it('is not used with WINDLASS_ZSTD=0', () => {
    const code = `import('./dist/lib/system/zstd/unzstd.js').then((m) => console.log(m.openUnzstd() === undefined))`
    const run = spawnSync(process.execPath, ['-e', code], { env: { ...process.env, WINDLASS_ZSTD: '0' } })
    expect(run.stdout.toString()).toBe('true\n')
  })

  describe.skipIf(here === undefined)('where libzstd.so.1 is', () => {
    it('fills the output, in this thread and in another', async () => {
      for (const how of ['decompress', 'decompressSync'] as const) {
        const unzstd = openUnzstd()!
        const bytes = storedZstd(text)
        expect(unzstd.hasEnded).toBe(true)
        expect(unzstd.setInput(bytes)).toBe(bytes.length)
        const parts: Buffer[] = []
        for (let full = true; full;) {
          const output = Buffer.allocUnsafeSlow(10_000)
          const outputLength = await unzstd[how](output)
          parts.push(output.subarray(0, outputLength))
          full = outputLength === output.length
        }
        expect(Buffer.concat(parts).equals(text)).toBe(true)
        expect([unzstd.hasEnded, unzstd.unconsumed]).toEqual([true, 0])
        unzstd.close()
        unzstd.close()
      }
    })

    it('stops at the end of a frame, and continues with the rest of the input', () => {
      const unzstd = openUnzstd()!
      const output = Buffer.allocUnsafeSlow(2 * text.length)
      unzstd.setInput(Buffer.concat([storedZstd(text), storedZstd(Buffer.from('more'))]))
      expect(unzstd.decompressSync(output)).toBe(text.length)
      expect([unzstd.hasEnded, unzstd.unconsumed]).toEqual([true, storedZstd(Buffer.from('more')).length])
      expect(output.toString('latin1', 0, unzstd.decompressSync(output))).toBe('more')
      unzstd.close()
    })

    it('accepts at most its capacity at once', () => {
      const unzstd = openUnzstd()!
      expect(unzstd.setInput(Buffer.alloc(unzstd.capacity + 1))).toBe(unzstd.capacity)
      unzstd.close()
    })

    it('rejects invalid zstd with the message of the library, and cannot be used after close', async () => {
      const output = Buffer.allocUnsafeSlow(100)
      const unzstd = openUnzstd()!
      unzstd.setInput(Buffer.alloc(100, 0xff))
      await expect(unzstd.decompress(output)).rejects.toThrow(UnzstdError)
      const other = openUnzstd()!
      other.setInput(Buffer.alloc(100, 0xff))
      expect(() => other.decompressSync(output)).toThrow('Unknown frame descriptor')
      unzstd.close()
      other.close()
      expect(() => other.decompressSync(output)).toThrow('is closed')
    })
  })
})
