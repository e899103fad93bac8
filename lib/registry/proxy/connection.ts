/**
 * Opens connections to proxies, and through them to a registry: by CONNECT (RFC 9110 §9.3.6) or SOCKS 5 (RFC 1928).
 */
import { formatDuration } from '../../quantities.js'
import { fileLimitMeaning } from '../../system/disk-meaning.js'
import { connect as connectTcp, type Socket } from 'node:net'
import { type SecureContext, type TLSSocket, connect as connectTls } from 'node:tls'
import type { Proxy } from './proxy.js'
import {
  type ProxyFailure,
  brokenTunnelFailure,
  refusedFailure,
  unreachableFailure,
  loginFailure,
} from './failure.js'

/** Maximum length of a CONNECT response in bytes. */
const maxResponseBytes = 16 * 1024

/** The destination of a connection through a proxy. */
export interface ProxyTarget {
  /** A name or address, without brackets. */
  readonly host: string
  readonly port: number
}

/**
 * Starts connecting to the proxy.
 * @param trust - provides the TLS context for a proxy that uses TLS
 */
export function connectProxy(proxy: Proxy, trust: () => SecureContext): Socket {
  const { hostname, port } = proxy
  if (proxy.protocol !== 'https') return connectTcp({ host: hostname, port })
  const serverName = /[a-z]/i.test(hostname) && { servername: hostname }
  return connectTls({ host: hostname, port, secureContext: trust(), ...serverName })
}

/**
 * Calls `done` once, when `socket` is connected to the proxy or has failed. For a proxy that uses TLS, the handshake
 * is included. A failure due to the limit of open files is passed on unchanged.
 * @param timeout - milliseconds
 */
export function waitForConnect(
  socket: Socket,
  proxy: Proxy,
  timeout: number,
  done: (failure: Error | undefined) => void,
): void {
  const event = proxy.protocol === 'https' ? 'secureConnect' : 'connect'
  const finish = (failure?: Error): void => {
    clearTimeout(timer)
    socket.off(event, onConnect).off('error', onError).off('close', onClose)
    if (failure !== undefined) discard(socket)
    done(failure)
  }
  const onConnect = (): void => finish()
  const onError = (error: Error): void =>
    finish(fileLimitMeaning(error) === undefined ? unreachableFailure(proxy, error) : error)
  const onClose = (): void =>
    finish(unreachableFailure(proxy, Object.assign(new Error(), { code: 'ECONNRESET' })))
  const timer = setTimeout(
    () => finish(unreachableFailure(proxy, Object.assign(new Error(), { code: 'ETIMEDOUT' }))),
    timeout,
  )
  socket.once(event, onConnect).once('error', onError).once('close', onClose)
}

/**
 * Establishes a tunnel to `target` by CONNECT. Calls `done` once.
 * @param timeout - milliseconds
 */
export function openTunnel(
  socket: Socket,
  proxy: Proxy,
  { target, timeout }: { readonly target: ProxyTarget; readonly timeout: number },
  done: (failure: ProxyFailure | undefined) => void,
): void {
  let received = Buffer.alloc(0)
  const finish = (failure?: ProxyFailure): void => {
    clearTimeout(timer)
    socket.off('data', onData).off('error', onError).off('close', onClose)
    if (failure !== undefined) discard(socket)
    else socket.pause()
    done(failure)
  }
  const refuse = (why: string): void => finish(refusedFailure(proxy, why))
  const onError = (error: Error): void => finish(unreachableFailure(proxy, error))
  const onClose = (): void => refuse('it closed the connection')
  const onData = (chunk: Buffer): void => {
    received = Buffer.concat([received, chunk])
    const end = received.indexOf('\r\n\r\n')
    if (end === -1) {
      if (received.length > maxResponseBytes) refuse('its response is too long')
      return
    }
    const [, status = ''] = /^HTTP\/1\.[01] (\d{3})/.exec(received.toString('latin1', 0, end)) ?? []
    if (status === '407') finish(loginFailure(proxy))
    else if (!/^2/.test(status))
      refuse(status === '' ? 'its response is not HTTP' : `it answers HTTP ${status}`)
    // The target must not send first: in TLS, the client starts.
    else if (received.length > end + 4) refuse('it sends data after its response')
    else finish()
  }
  const timer = setTimeout(() => refuse('it does not respond'), timeout)
  socket.on('data', onData).once('error', onError).once('close', onClose)
  const authorization = proxy.authorization()
  const login = authorization === undefined ? '' : `Proxy-Authorization: ${authorization}\r\n`
  const { host, port } = target
  const authority = `${host.includes(':') ? `[${host}]` : host}:${port}`
  socket.write(`CONNECT ${authority} HTTP/1.1\r\nHost: ${authority}\r\n${login}\r\n`)
}

/**
 * Establishes a tunnel to `target` by SOCKS. The proxy resolves the name. Calls `done` once.
 * @param timeout - milliseconds
 */
export function openSocksTunnel(
  socket: Socket,
  proxy: Proxy,
  { target, timeout }: { readonly target: ProxyTarget; readonly timeout: number },
  done: (failure: ProxyFailure | undefined) => void,
): void {
  let finished = false
  const finish = (failure?: ProxyFailure): void => {
    if (finished) return
    finished = true
    if (failure !== undefined) discard(socket)
    done(failure)
  }
  const login = proxy.login()
  const { hostname, port } = proxy
  import('socks')
    .then(({ SocksClient }) => {
      const client = new SocksClient({
        command: 'connect',
        destination: target,
        proxy: {
          ...{ host: hostname, port, type: 5 },
          ...(login && { userId: login.username, password: login.password }),
        },
        timeout,
      })
      client.once('established', () => finish())
      // The error contains the login: only its message is passed on.
      client.on('error', ({ message }: Error) => finish(socksFailure(proxy, message)))
      client.connect(socket)
    })
    .catch((error: unknown) =>
      finish(refusedFailure(proxy, error instanceof Error ? error.message : String(error))),
    )
}

/**
 * Calls `done` once, when the TLS handshake over `socket`, a connection through the proxy, has completed or failed. A
 * timeout or broken connection becomes an error of the proxy; an error of the peer, such as a certificate or an
 * alert, is passed on unchanged.
 * @param timeout - milliseconds
 */
export function waitForTls(
  socket: TLSSocket,
  proxy: Proxy,
  timeout: number,
  done: (failure: Error | undefined) => void,
): void {
  const finish = (failure?: Error): void => {
    clearTimeout(timer)
    socket.off('secureConnect', onConnect).off('error', onError).off('close', onClose)
    if (failure !== undefined) discard(socket)
    done(failure)
  }
  const closedError = (): ProxyFailure => brokenTunnelFailure(proxy, 'it was closed during the TLS handshake')
  const onConnect = (): void => finish()
  const onError = (error: Error): void => finish(isConnectionClosed(error) ? closedError() : error)
  const onClose = (): void => finish(closedError())
  const timer = setTimeout(
    () =>
      finish(
        brokenTunnelFailure(proxy, `the TLS handshake did not complete within ${formatDuration(timeout)}`),
      ),
    timeout,
  )
  socket.once('secureConnect', onConnect).once('error', onError).once('close', onClose)
}

function socksFailure(proxy: Proxy, message: string): ProxyFailure {
  if (/authentication/i.test(message)) return loginFailure(proxy, 'it rejects the login')
  const [, reason] = /rejected connection - (\w+)/.exec(message) ?? []
  if (reason !== undefined) return refusedFailure(proxy, `it answers ${reason}`)
  if (/timed out/i.test(message)) return refusedFailure(proxy, 'it does not respond')
  return refusedFailure(
    proxy,
    /closed/i.test(message) ? 'it closed the connection' : 'it does not speak SOCKS 5',
  )
}

const isConnectionClosed = (error: Error): boolean =>
  'code' in error && (error.code === 'ECONNRESET' || error.code === 'EPIPE')

const discard = (socket: Socket): void => void socket.on('error', () => undefined).destroy()
