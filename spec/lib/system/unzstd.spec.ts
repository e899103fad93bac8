import { spawnSync } from 'node:child_process'
import { describe, expect, it } from 'vitest'
import { openUnzstd, UnzstdError } from '../../../lib/system/unzstd.js'
import { storedZstd } from '../../../lib/testing/images/compress.js'

const text = Buffer.from('what is said again and again '.repeat(4000))
const here = openUnzstd()
here?.close()

describe('libzstd', () => {
  it('is left alone where WINDLASS_ZSTD=0', () => {
    const code = `import('./dist/lib/system/unzstd.js').then((m) => console.log(m.openUnzstd() === undefined))`
    const run = spawnSync(process.execPath, ['-e', code], { env: { ...process.env, WINDLASS_ZSTD: '0' } })
    expect(run.stdout.toString()).toBe('true\n')
  })

  describe.skipIf(here === undefined)('where libzstd.so.1 is', () => {
    it('gives as much as there is room for, in this thread and in another', async () => {
      for (const how of ['fill', 'fillNow'] as const) {
        const unzstd = openUnzstd()!
        const bytes = storedZstd(text)
        expect(unzstd.ended).toBe(true)
        expect(unzstd.give(bytes)).toBe(bytes.length)
        const parts: Buffer[] = []
        for (let full = true; full;) {
          const output = Buffer.allocUnsafeSlow(10_000)
          const outputLength = await unzstd[how](output)
          parts.push(output.subarray(0, outputLength))
          full = outputLength === output.length
        }
        expect(Buffer.concat(parts).equals(text)).toBe(true)
        expect([unzstd.ended, unzstd.unconsumed]).toEqual([true, 0])
        unzstd.close()
        unzstd.close()
      }
    })

    it('stops behind the end of a frame, and goes on with what is left', () => {
      const unzstd = openUnzstd()!
      const output = Buffer.allocUnsafeSlow(2 * text.length)
      unzstd.give(Buffer.concat([storedZstd(text), storedZstd(Buffer.from('more'))]))
      expect(unzstd.fillNow(output)).toBe(text.length)
      expect([unzstd.ended, unzstd.unconsumed]).toEqual([true, storedZstd(Buffer.from('more')).length])
      expect(output.toString('latin1', 0, unzstd.fillNow(output))).toBe('more')
      unzstd.close()
    })

    it('takes no more than its capacity at once', () => {
      const unzstd = openUnzstd()!
      expect(unzstd.give(Buffer.alloc(unzstd.capacity + 1))).toBe(unzstd.capacity)
      unzstd.close()
    })

    it('refuses what is no zstd, in the words of the library, and does nothing once it is closed', async () => {
      const output = Buffer.allocUnsafeSlow(100)
      const unzstd = openUnzstd()!
      unzstd.give(Buffer.alloc(100, 0xff))
      await expect(unzstd.fill(output)).rejects.toThrow(UnzstdError)
      const other = openUnzstd()!
      other.give(Buffer.alloc(100, 0xff))
      expect(() => other.fillNow(output)).toThrow('Unknown frame descriptor')
      unzstd.close()
      other.close()
      expect(() => other.fillNow(output)).toThrow('is closed')
    })
  })
})
