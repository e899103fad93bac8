/** Streams a part of a file as the body of a response. */
import type { FileHandle } from 'node:fs/promises'

/** Sizes of the first chunks and of the others. The adapter to Node takes a few chunks before it waits for the client. */
const firstChunk = 64 * 1024
const laterChunk = 1024 * 1024
const smallChunks = 4

/** What a body needs. */
export interface BlobBodyOptions {
  readonly handle: FileHandle
  /** First byte, and number of bytes. */
  readonly from: number
  readonly length: number
  /** Is called once, when the handle is closed: at the end, after an error, or when the client has gone. */
  readonly onEnd: () => void
  /** Milliseconds for which the client may take nothing. */
  readonly stallTimeout: number
  /** Is called when that time is over. Ends the connection and returns true, or returns false: the body then fails. */
  readonly onStall: () => boolean
}

/** Returns the body. It reads the next chunk only after the client has taken the one before, and closes the handle. */
export function blobBody(options: BlobBodyOptions): ReadableStream<Uint8Array> {
  const { handle, from, length, onEnd, stallTimeout, onStall } = options
  let [sent, chunks] = [0, 0]
  let timer: NodeJS.Timeout | undefined
  let isEnded = false
  const end = async (): Promise<void> => {
    clearTimeout(timer)
    if (isEnded) return
    isEnded = true
    await handle.close().catch(() => undefined)
    onEnd()
  }
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        clearTimeout(timer)
        try {
          const size = Math.min(chunks++ < smallChunks ? firstChunk : laterChunk, length - sent)
          const { bytesRead, buffer } = await handle.read(Buffer.allocUnsafeSlow(size), 0, size, from + sent)
          if (bytesRead === 0) throw new Error('The file of a blob is shorter than it was')
          sent += bytesRead
          controller.enqueue(buffer.subarray(0, bytesRead))
        } catch (error) {
          await end()
          controller.error(error)
          return
        }
        if (sent === length) {
          await end()
          controller.close()
          return
        }
        timer = setTimeout(() => {
          void end()
          if (!onStall()) controller.error(new Error('The client takes no bytes'))
        }, stallTimeout)
        timer.unref()
      },
      cancel: end,
    },
    { highWaterMark: 0 },
  )
}
