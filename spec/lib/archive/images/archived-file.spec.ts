import { describe, expect, it } from 'vitest'
import { bufferFile, compressionOfFile, readPart } from '../../../../lib/archive/images/archived-file.js'
import { digestOf } from '../../../../lib/image/index.js'

describe('a file of an archive in memory', () => {
  const bytes = Buffer.from('0123456789')
  const file = bufferFile(bytes)

  it('has a size, a digest, and parts that end with it', async () => {
    expect(file.size).toBe(10)
    expect(await file.digest()).toBe(digestOf(bytes))
    const part = async (offset?: number, length?: number) =>
      (
        await readPart(file, {
          ...(offset !== undefined && { offset }),
          ...(length !== undefined && { length }),
        })
      ).toString()
    expect(await part()).toBe('0123456789')
    expect(await part(3, 4)).toBe('3456')
    expect(await part(undefined, 2)).toBe('01')
    expect(await part(8, 100)).toBe('89')
    expect(await part(10)).toBe('')
  })

  it('has the compression of its first bytes, also if it is shorter than they are', async () => {
    const of = (hex: string) => compressionOfFile(bufferFile(Buffer.from(hex, 'hex')))
    expect(await of('1f8b08')).toBe('gzip')
    expect(await of('28b52ffd')).toBe('zstd')
    expect(await of('')).toBe('none')
    expect(await of('00'.repeat(600))).toBe('none')
  })
})
