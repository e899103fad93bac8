/** Sends a response of the embedded registry at a given rate, and interrupts it if `breakOff` requires that. */
import type { ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import type { Writable } from 'node:stream'
import { TLSSocket } from 'node:tls'
import { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises'
import type { Answer, BreakOff, WirePart } from './answer.js'

/** Speed of the embedded registry. */
export interface Pace {
  /** Milliseconds before each response. */
  readonly latency: number
  /** Rate of bodies; Infinity for no limit. */
  readonly bytesPerSecond: number
}

/** Sends a response. Resolves when the last byte is handed to the system or the connection is closed. Never rejects. */
export async function deliver(
  { status, headers, body, breakOff, delay = 0, wire, dropAfter }: Answer,
  response: ServerResponse,
  { latency, bytesPerSecond }: Pace,
  isHead: boolean,
): Promise<void> {
  const { socket } = response
  const isClosed = (): boolean => response.destroyed
  if (latency + delay > 0) await pause(latency + delay)
  if (isClosed() || socket === null) return
  if (wire !== undefined) {
    await deliverWire(wire(), socket)
    await waitUntilRead()
    endConnection(socket, breakOff?.how ?? 'close')
    return
  }
  const length = 'transfer-encoding' in headers ? {} : { 'content-length': body.length }
  response.writeHead(status, { ...length, ...headers })
  const sent = isHead ? Buffer.alloc(0) : body.subarray(0, breakOff?.after)
  // At a limited rate, ten slices are sent per second.
  const sliceBytes = Number.isFinite(bytesPerSecond)
    ? Math.max(1, Math.ceil(bytesPerSecond / 10))
    : 256 * 1024
  for (let at = 0; at < sent.length && !isClosed(); at += sliceBytes) {
    if (at > 0 && Number.isFinite(bytesPerSecond)) await pause(100)
    if (!response.write(sent.subarray(at, at + sliceBytes))) await waitForDrain(response)
  }
  if (breakOff === undefined || isHead) {
    response.end()
    if (dropAfter !== undefined) void pause(dropAfter).then(() => socket.destroy())
    return
  }
  // The written bytes are sent first, so that the client receives exactly that number.
  if (breakOff.after === 0) response.flushHeaders()
  await waitUntilRead()
  endConnection(response.socket, breakOff.how)
}

async function deliverWire(parts: Iterable<WirePart>, socket: Socket): Promise<void> {
  for (const part of parts) {
    if (socket.destroyed) return
    if (typeof part === 'number') await pause(part)
    else if (!socket.write(typeof part === 'string' ? Buffer.from(part, 'latin1') : part))
      await waitForDrain(socket)
  }
}

/** Closes or resets a connection; does nothing for `stall`. */
export function endConnection(socket: Socket | null, how: BreakOff['how']): void {
  // A TLS socket cannot be reset. Destroying it without close_notify is the closest equivalent.
  if (how === 'reset' && socket instanceof TLSSocket) socket.destroy()
  else if (how === 'reset') socket?.resetAndDestroy()
  else if (how === 'close') socket?.destroySoon()
}

/** Waits long enough that written bytes are sent and a client in the same process can read them. */
async function waitUntilRead(): Promise<void> {
  await pause(20)
  for (let turn = 0; turn < 5; turn++) await nextTurn()
}

/** Waits without keeping the event loop alive, so that the process can exit after the registry is closed. */
const pause = (milliseconds: number): Promise<void> => sleep(milliseconds, undefined, { ref: false })

const waitForDrain = (to: Writable): Promise<void> =>
  new Promise((resolve) => {
    const done = (): void => {
      to.off('drain', done).off('close', done)
      resolve()
    }
    if (to.destroyed) resolve()
    else to.once('drain', done).once('close', done)
  })
