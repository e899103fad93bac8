import { spawnSync } from 'node:child_process'
import { describe, expect, it } from 'vitest'
import { openUnzstd } from '../../../../lib/system/zstd/unzstd.js'
import {
  openZstdEncoder,
  openZstdEncoders,
  type ZstdEncoder,
} from '../../../../lib/system/zstd/zstd-encoder.js'

const text = Buffer.from('what is said again and again '.repeat(4000))
const here = openZstdEncoder(3)
here?.close()

/** Repeats a call until it is done, with outputs of 100 bytes. */
async function compressed(encoder: ZstdEncoder, how: 'compress' | 'compressSync', end: boolean) {
  const parts: Buffer[] = []
  for (let isDone = false; !isDone;) {
    const output = Buffer.allocUnsafeSlow(100)
    const result = await encoder[how](output, end)
    parts.push(output.subarray(0, result.written))
    isDone = result.isDone
  }
  return Buffer.concat(parts)
}

function decompressed(frame: Buffer): Buffer {
  const unzstd = openUnzstd()!
  unzstd.setInput(frame)
  const output = Buffer.allocUnsafeSlow(2 * text.length)
  const length = unzstd.decompressSync(output)
  expect([unzstd.hasEnded, unzstd.unconsumed]).toEqual([true, 0])
  unzstd.close()
  return output.subarray(0, length)
}

describe('compression by libzstd', () => {
  it('is not used with WINDLASS_ZSTD=0', () => {
    const code = `import('./dist/lib/system/zstd/zstd-encoder.js').then((m) => console.log(m.openZstdEncoder(3)))`
    const run = spawnSync(process.execPath, ['-e', code], { env: { ...process.env, WINDLASS_ZSTD: '0' } })
    expect(run.stdout.toString()).toBe('undefined\n')
  })

  it('is there where decompression is, also if Node exports functions of the same names', () => {
    const unzstd = openUnzstd()
    unzstd?.close()
    expect(here === undefined).toBe(unzstd === undefined)
  })

  describe.skipIf(here === undefined)('where libzstd.so.1 is', () => {
    it('makes one frame of what was added, in this thread and in another', async () => {
      for (const how of ['compress', 'compressSync'] as const) {
        const encoder = openZstdEncoder(3)!
        const parts: Buffer[] = []
        for (const at of [0, 1, 2, 3]) {
          const part = text.subarray((at * text.length) / 4, ((at + 1) * text.length) / 4)
          expect(encoder.addInput(part)).toBe(part.length)
          if (at === 1) parts.push(await compressed(encoder, how, false))
        }
        parts.push(await compressed(encoder, how, true))
        expect(decompressed(Buffer.concat(parts)).equals(text)).toBe(true)
        encoder.close()
      }
    })

    it('has room for so much input, and has room again when it is compressed', async () => {
      const encoder = openZstdEncoder(3)!
      const input = Buffer.alloc(2 ** 20)
      const capacity = encoder.addInput(input)
      expect(capacity).toBeLessThan(input.length)
      expect(encoder.addInput(input)).toBe(0)
      await compressed(encoder, 'compress', false)
      expect(encoder.addInput(input)).toBe(capacity)
      encoder.close()
    })

    it('is counted while it is open, and cannot be used after close', async () => {
      const count = openZstdEncoders()
      const encoder = openZstdEncoder(3)!
      expect(openZstdEncoders()).toBe(count + 1)
      encoder.close()
      encoder.close()
      expect(openZstdEncoders()).toBe(count)
      expect(() => encoder.compressSync(Buffer.alloc(100), true)).toThrow('the encoder is closed')
      await expect(encoder.compress(Buffer.alloc(100), true)).rejects.toThrow('the encoder is closed')
    })
  })
})
