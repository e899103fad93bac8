/** Enforces the limits on the size of the archive of a layer while it is decompressed. */
import { type Limits, minBytesForRatio } from '../limits.js'
import { overLimitError } from './tar/refusal.js'

/** The limits that an `ArchiveSize` enforces. */
export type SizeLimits = Pick<Limits, 'layerBytes' | 'imageBytes' | 'layerRatio'>

/** Counts the bytes of the archive of one layer, and throws as soon as they exceed a limit. */
export class ArchiveSize {
  /** Number of bytes so far. */
  bytes = 0
  /** Number of compressed bytes so far, set by the reader; undefined for an archive that is not compressed. */
  compressedBytes: number | undefined

  /** @param bytesBefore total size in bytes of the layers that were read before this one */
  constructor(
    private readonly limits: SizeLimits,
    private readonly bytesBefore = 0,
  ) {}

  /**
   * Counts further bytes of the archive. Bytes after the end of the archive count too, because they are decompressed
   * and hashed.
   * @throws WindlassError LIMIT_EXCEEDED
   */
  add(bytes: number): void {
    this.bytes += bytes
    const { layerBytes, imageBytes, layerRatio } = this.limits
    if (this.bytes > layerBytes)
      throw overLimitError('the size of the archive so far', this.bytes, 'layerBytes', layerBytes)
    if (this.bytesBefore + this.bytes > imageBytes)
      throw overLimitError(
        'the size of all layers so far',
        this.bytesBefore + this.bytes,
        'imageBytes',
        imageBytes,
      )
    if (this.compressedBytes === undefined || this.bytes <= minBytesForRatio) return
    if (this.bytes > this.compressedBytes * layerRatio)
      throw overLimitError(
        'the compression ratio so far',
        Math.floor(this.bytes / this.compressedBytes),
        'layerRatio',
        layerRatio,
      )
  }
}
