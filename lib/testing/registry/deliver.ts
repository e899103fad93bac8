/** Puts an answer on the wire, at a pace, and breaks off where the answer says so. */
import type { ServerResponse } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Answer } from './answer.js'

export interface Pace {
  /** Milliseconds before each answer. */
  readonly latency: number
  /** For bodies; Infinity: as fast as it goes. */
  readonly bytesPerSecond: number
}

/** Resolves when the last byte was handed over, or the connection is gone. Never throws. */
export async function deliver(
  { status, headers, body, breakOff, delay = 0 }: Answer,
  response: ServerResponse,
  { latency, bytesPerSecond }: Pace,
  head: boolean,
): Promise<void> {
  const gone = (): boolean => response.destroyed
  if (latency + delay > 0) await pause(latency + delay)
  if (gone()) return
  const length = 'transfer-encoding' in headers ? {} : { 'content-length': body.length }
  response.writeHead(status, { ...length, ...headers })
  const sent = head ? Buffer.alloc(0) : body.subarray(0, breakOff?.after)
  // Ten slices a second at a given pace: even, and few.
  const slice = Number.isFinite(bytesPerSecond) ? Math.max(1, Math.ceil(bytesPerSecond / 10)) : 256 * 1024
  for (let at = 0; at < sent.length && !gone(); at += slice) {
    if (at > 0 && Number.isFinite(bytesPerSecond)) await pause(100)
    if (!response.write(sent.subarray(at, at + slice))) await drained(response)
  }
  if (breakOff === undefined || head) {
    response.end()
    return
  }
  // What was written goes out first: the client is to see exactly so many bytes.
  if (breakOff.after === 0) response.flushHeaders()
  await pause(20)
  if (breakOff.how === 'reset') response.socket?.resetAndDestroy()
  else if (breakOff.how === 'close') response.socket?.destroySoon()
}

/** Holds nothing up: a registry that is closed meanwhile lets the process end. */
const pause = (milliseconds: number): Promise<void> => sleep(milliseconds, undefined, { ref: false })

const drained = (response: ServerResponse): Promise<void> =>
  new Promise((resolve) => {
    const done = (): void => {
      response.off('drain', done).off('close', done)
      resolve()
    }
    response.once('drain', done).once('close', done)
  })
