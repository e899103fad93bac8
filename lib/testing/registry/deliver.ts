/** Puts an answer on the wire, at a pace, and breaks off where the answer says so. */
import type { ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import type { Writable } from 'node:stream'
import { TLSSocket } from 'node:tls'
import { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises'
import type { Answer, BreakOff, WirePart } from './answer.js'

export interface Pace {
  /** Milliseconds before each answer. */
  readonly latency: number
  /** For bodies; Infinity: as fast as it goes. */
  readonly bytesPerSecond: number
}

/** Resolves when the last byte was handed over, or the connection is gone. Never throws. */
export async function deliver(
  { status, headers, body, breakOff, delay = 0, wire, dropAfter }: Answer,
  response: ServerResponse,
  { latency, bytesPerSecond }: Pace,
  head: boolean,
): Promise<void> {
  const { socket } = response
  const gone = (): boolean => response.destroyed
  if (latency + delay > 0) await pause(latency + delay)
  if (gone() || socket === null) return
  if (wire !== undefined) {
    await deliverWire(wire(), socket)
    await settled()
    end(socket, breakOff?.how ?? 'close')
    return
  }
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
    if (dropAfter !== undefined) void pause(dropAfter).then(() => socket.destroy())
    return
  }
  // What was written goes out first: the client is to see exactly so many bytes.
  if (breakOff.after === 0) response.flushHeaders()
  await settled()
  end(response.socket, breakOff.how)
}

async function deliverWire(parts: Iterable<WirePart>, socket: Socket): Promise<void> {
  for (const part of parts) {
    if (socket.destroyed) return
    if (typeof part === 'number') await pause(part)
    else if (!socket.write(typeof part === 'string' ? Buffer.from(part, 'latin1') : part))
      await drained(socket)
  }
}

function end(socket: Socket | null, how: BreakOff['how']): void {
  // Inside TLS there is nothing to reset: the end without a farewell comes nearest.
  if (how === 'reset' && socket instanceof TLSSocket) socket.destroy()
  else if (how === 'reset') socket?.resetAndDestroy()
  else if (how === 'close') socket?.destroySoon()
}

/** What was written is on its way, and a client in this very process had its turns to read it, however busy. */
async function settled(): Promise<void> {
  await pause(20)
  for (let turn = 0; turn < 5; turn++) await nextTurn()
}

/** Holds nothing up: a registry that is closed meanwhile lets the process end. */
const pause = (milliseconds: number): Promise<void> => sleep(milliseconds, undefined, { ref: false })

const drained = (to: Writable): Promise<void> =>
  new Promise((resolve) => {
    const done = (): void => {
      to.off('drain', done).off('close', done)
      resolve()
    }
    if (to.destroyed) resolve()
    else to.once('drain', done).once('close', done)
  })
