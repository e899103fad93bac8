/** Tells the compression of a stream and loses nothing of it. */
import { Readable } from 'node:stream'
import { type Compression, compressionHeadBytes, detectCompression } from './compression.js'

export interface Sniffed {
  readonly compression: Compression
  /** All bytes, from the first: take it in the place of the source. */
  readonly stream: Readable
}

/**
 * Waits for the first bytes of `source`. Where this fails, `source` is destroyed.
 * @throws WindlassError LAYER_INVALID for a compression that images do not have; whatever `source` fails with
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

/** The first bytes, put back: but nothing can be put back once a source has told its end. */
function readHead(source: Readable): Promise<{ head: Buffer; ended: boolean }> {
  return new Promise((resolve, reject) => {
    let head: Buffer = Buffer.alloc(0)
    const leave = (): void => {
      source.off('readable', look).off('end', end).off('error', fail).off('close', close)
    }
    const look = (): void => {
      for (let chunk = read(source); chunk !== null; chunk = read(source)) {
        head = head.length === 0 ? chunk : Buffer.concat([head, chunk])
        if (head.length < compressionHeadBytes) continue
        leave()
        // At once: a source whose last bytes were just taken tells its end in the next tick.
        source.unshift(head)
        resolve({ head, ended: false })
        return
      }
    }
    const end = (): void => {
      leave()
      resolve({ head, ended: true })
    }
    const fail = (error: Error): void => {
      leave()
      reject(error)
    }
    const close = (): void =>
      fail(source.errored ?? new Error('The stream was closed before its first bytes came'))
    source.on('readable', look).on('end', end).on('error', fail).on('close', close)
  })
}

const read = (source: Readable): Buffer | null => source.read() as Buffer | null
