import { describe, expect, it } from 'vitest'
import { asImageArchiveError, invalidImageArchive } from '../../../../lib/archive/images/invalid-archive.js'
import { invalidArchiveError, overLimitError } from '../../../../lib/archive/tar/refusal.js'
import { WindlassError } from '../../../../lib/errors.js'

describe('an error about an archive of images', () => {
  it('names the archive, without what a terminal would obey, and says what to do', () => {
    const error = invalidImageArchive('evil\x1b[2J.tar', 'it is bad')
    expect(error).toMatchObject({
      code: 'MANIFEST_INVALID',
      hint: expect.stringContaining('docker save') as string,
    })
    expect(error.message).toMatch(/^Failed to read images from evil.*\.tar: it is bad$/)
    expect(error.message).not.toContain('\x1b')
  })

  it('speaks of the archive where the reader speaks of a layer, and keeps the cause', () => {
    const cause = invalidArchiveError('the checksum of a header is wrong')
    expect(asImageArchiveError(cause, 'a.tar')).toMatchObject({
      ...{ code: 'MANIFEST_INVALID', cause },
      message: 'Failed to read images from a.tar: the checksum of a header is wrong',
    })
    const compressed = new WindlassError(
      'LAYER_INVALID',
      'The layer is compressed with xz, which images do not use',
    )
    expect(asImageArchiveError(compressed, 'a.tar')).toMatchObject({
      message: 'Failed to read images from a.tar: it is compressed with xz, which images do not use',
    })
  })

  it('keeps the limit that is exceeded, and how to raise it', () => {
    const cause = overLimitError('the number of entries', 3, 'layerEntries', 2)
    expect(cause.hint).toBeDefined()
    expect(asImageArchiveError(cause, 'a\x07.tar')).toMatchObject({
      ...{ code: 'LIMIT_EXCEEDED', cause, hint: cause.hint },
      message: expect.stringMatching(/^Failed to read images from a.*\.tar: the number of entries/) as string,
    })
  })

  it('is left alone if it speaks of something else', () => {
    const others = [
      new WindlassError('LIMIT_EXCEEDED', 'Another limit'),
      new WindlassError('STORE_FULL', 'Decompressing the layer as gzip failed: no space'),
      new Error('plain'),
    ]
    for (const other of others) expect(asImageArchiveError(other, 'a.tar')).toBe(other)
  })
})
