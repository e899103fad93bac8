import { spawnSync } from 'node:child_process'
import { deflateRawSync, crc32 } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { GunzipError, openGunzip } from '../../../lib/system/gunzip.js'

/** A gzip member without its header: the deflated data and the trailer. */
function member(text: Buffer): Buffer {
  const trailer = Buffer.alloc(8)
  trailer.writeUInt32LE(crc32(text))
  trailer.writeUInt32LE(text.length, 4)
  return Buffer.concat([deflateRawSync(text), trailer])
}

const text = Buffer.from('what is said again and again '.repeat(4000))

describe('ISA-L', () => {
  it('is not used with WINDLASS_ISAL=0', () => {
    const code = `import('./dist/lib/system/gunzip.js').then((m) => console.log(m.openGunzip() === undefined))`
    const run = spawnSync(process.execPath, ['-e', code], { env: { ...process.env, WINDLASS_ISAL: '0' } })
    expect(run.stdout.toString()).toBe('true\n')
  })

  describe.skipIf(openGunzip() === undefined)('where libisal.so.2 is', () => {
    it('fills the output, in this thread and in another', async () => {
      for (const how of ['decompress', 'decompressSync'] as const) {
        const gunzip = openGunzip()!
        const bytes = member(text)
        expect(gunzip.setInput(bytes)).toBe(bytes.length)
        const parts: Buffer[] = []
        for (let full = true; full;) {
          const output = Buffer.allocUnsafeSlow(10_000)
          const outputLength = await gunzip[how](output)
          parts.push(output.subarray(0, outputLength))
          full = outputLength === output.length
        }
        expect(Buffer.concat(parts).equals(text)).toBe(true)
        expect([gunzip.hasEnded, gunzip.unconsumed]).toEqual([true, 0])
      }
    })

    it('reports the input after the end of a member, and decodes another member from it', () => {
      const gunzip = openGunzip()!
      const output = Buffer.allocUnsafeSlow(2 * text.length)
      const both = Buffer.concat([member(text), member(Buffer.from('more'))])
      const accepted = gunzip.setInput(both)
      expect(gunzip.decompressSync(output)).toBe(text.length)
      expect([gunzip.hasEnded, gunzip.unconsumed]).toEqual([true, member(Buffer.from('more')).length])
      const rest = both.subarray(accepted - gunzip.unconsumed)
      gunzip.startNextMember()
      expect(gunzip.hasEnded).toBe(false)
      gunzip.setInput(rest)
      expect(output.toString('latin1', 0, gunzip.decompressSync(output))).toBe('more')
    })

    it('accepts at most its capacity at once', () => {
      const gunzip = openGunzip()!
      expect(gunzip.setInput(Buffer.alloc(gunzip.capacity + 1))).toBe(gunzip.capacity)
    })

    it('rejects a wrong checksum and invalid deflate data', async () => {
      const wrong = member(text)
      wrong[wrong.length - 8]! ^= 1
      const output = Buffer.allocUnsafeSlow(2 * text.length)
      const gunzip = openGunzip()!
      gunzip.setInput(wrong)
      await expect(gunzip.decompress(output)).rejects.toThrow(GunzipError)
      const other = openGunzip()!
      other.setInput(Buffer.alloc(100, 0xff))
      expect(() => other.decompressSync(output)).toThrow('invalid block')
    })
  })
})
