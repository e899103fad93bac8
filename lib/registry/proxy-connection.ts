/** A connection to a proxy, and a tunnel through one to a registry that speaks TLS (RFC 9110 §9.3.6). */
import { connect as connectTcp, type Socket } from 'node:net'
import { connect as connectTls } from 'node:tls'
import type { Proxy } from './proxy.js'

/** The system's error code of a proxy that does not let through. */
export const proxyRefused = 'ERR_PROXY_REFUSED'

/** More than this is no answer to CONNECT. */
const longestAnswer = 16 * 1024

export function connectProxy(proxy: Proxy): Socket {
  const { hostname, port } = proxy
  return proxy.secure
    ? connectTls({ host: hostname, port, ...(/[a-z]/i.test(hostname) && { servername: hostname }) })
    : connectTcp({ host: hostname, port })
}

/** Calls back once, with `socket` when all that is sent over it reaches `target` (`host:port`), or with why not. */
export function tunnel(
  socket: Socket,
  proxy: Proxy,
  { target, timeout }: { readonly target: string; readonly timeout: number },
  done: (error: Error | undefined) => void,
): void {
  let received = Buffer.alloc(0)
  const finish = (error?: Error): void => {
    clearTimeout(timer)
    socket.off('data', onData).off('error', finish).off('close', onClose)
    if (error !== undefined) socket.on('error', () => undefined).destroy()
    else socket.pause()
    done(error)
  }
  const refuse = (why: string): void => finish(refused(proxy, why))
  const onClose = (): void => refuse('it hung up')
  const onData = (chunk: Buffer): void => {
    received = Buffer.concat([received, chunk])
    const end = received.indexOf('\r\n\r\n')
    if (end === -1) {
      if (received.length > longestAnswer) refuse('its answer is too long')
      return
    }
    const [, status = ''] = /^HTTP\/1\.[01] (\d{3})/.exec(received.toString('latin1', 0, end)) ?? []
    if (!/^2/.test(status)) refuse(status === '' ? 'it does not answer in HTTP' : `it answers ${status}`)
    // Whoever is behind it speaks when spoken to: TLS begins with us.
    else if (received.length > end + 4) refuse('it sends more than an answer')
    else finish()
  }
  const timer = setTimeout(() => refuse('it does not answer'), timeout)
  socket.on('data', onData).once('error', finish).once('close', onClose)
  const authorization = proxy.authorization()
  const login = authorization === undefined ? '' : `Proxy-Authorization: ${authorization}\r\n`
  socket.write(`CONNECT ${target} HTTP/1.1\r\nHost: ${target}\r\n${login}\r\n`)
}

const refused = (proxy: Proxy, why: string): Error =>
  Object.assign(new Error(`the proxy ${proxy.host} does not let through: ${why}`), { code: proxyRefused })
