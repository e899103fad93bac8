/** Detects the compression of a stream without consuming it. */
import { Readable } from 'node:stream'
import { type Compression, compressionHeadBytes, detectCompression } from './compression.js'

/** The result of `sniffCompression`. */
export interface Sniffed {
  readonly compression: Compression
  /** Contains all bytes. Read it instead of the source. */
  readonly stream: Readable
}

/**
 * Waits for the first bytes of `source` and detects its compression. Destroys `source` if that fails.
 * @throws WindlassError LAYER_INVALID for a compression that layers must not have; the error of `source`
 */
export async function sniffCompression(source: Readable): Promise<Sniffed> {
  const { head, ended } = await readHead(source)
  try {
    const compression = detectCompression(head)
    if (ended) return { compression, stream: Readable.from([head], { objectMode: false }) }
    return { compression, stream: source }
  } catch (error) {
    source.destroy()
    throw error
  }
}

/**
 * Reads the first bytes and puts them back. If the source ends earlier, `head` contains all of its bytes and they are not
 * put back, because a stream that has ended accepts none.
 */
function readHead(source: Readable): Promise<{ head: Buffer; ended: boolean }> {
  return new Promise((resolve, reject) => {
    let head: Buffer = Buffer.alloc(0)
    const unlisten = (): void => {
      source.off('readable', onReadable).off('end', end).off('error', fail).off('close', close)
    }
    const onReadable = (): void => {
      for (let chunk = read(source); chunk !== null; chunk = read(source)) {
        head = head.length === 0 ? chunk : Buffer.concat([head, chunk])
        if (head.length < compressionHeadBytes) continue
        unlisten()
        // Synchronously: a source whose last bytes were taken emits 'end' in the next tick.
        source.unshift(head)
        resolve({ head, ended: false })
        return
      }
    }
    const end = (): void => {
      unlisten()
      resolve({ head, ended: true })
    }
    const fail = (error: Error): void => {
      unlisten()
      reject(error)
    }
    const close = (): void =>
      fail(source.errored ?? new Error('The stream was closed before its first bytes arrived'))
    source.on('readable', onReadable).on('end', end).on('error', fail).on('close', close)
  })
}

const read = (source: Readable): Buffer | null => source.read() as Buffer | null
