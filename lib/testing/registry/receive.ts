/** Reads the body of a request to the embedded registry. */
import type { IncomingMessage } from 'node:http'
import type { BreakOff } from './answer.js'
import { endConnection } from './deliver.js'

/**
 * Returns the body; undefined if the client closes the connection or `breakOff` ends it.
 * @param onBytes - called with the size of each chunk
 */
export async function receiveBody(
  request: IncomingMessage,
  breakOff: BreakOff | undefined,
  onBytes: (bytes: number) => void,
): Promise<Buffer | undefined> {
  const chunks: Buffer[] = []
  let length = 0
  try {
    for await (const chunk of request as AsyncIterable<Buffer>) {
      onBytes(chunk.length)
      chunks.push(chunk)
      length += chunk.length
      if (breakOff === undefined || length < breakOff.after) continue
      endConnection(request.socket, breakOff.how)
      if (breakOff.how === 'stall') await new Promise((resolve) => request.socket.once('close', resolve))
      return undefined
    }
  } catch {
    return undefined // the client has closed the connection
  }
  return request.complete ? Buffer.concat(chunks, length) : undefined
}
