/** Node agents whose connections go through a proxy. They reuse and limit connections like other agents. */
import { Agent as HttpAgent, type AgentOptions } from 'node:http'
import { Agent as HttpsAgent, type RequestOptions } from 'node:https'
import type { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { type TLSSocket, connect as connectTls } from 'node:tls'
import type { Proxy } from './proxy.js'
import {
  type ProxyTarget,
  connectProxy,
  waitForConnect,
  waitForTls,
  openSocksTunnel,
  openTunnel,
} from './connection.js'
import type { Timeouts } from '../policy/timeouts.js'
import type { Trust } from '../policy/trust.js'

type OnConnection = (error: Error | null, socket: Duplex) => void

/**
 * Timeouts in milliseconds: `connect` for the connection through the proxy, `secureConnect` for the TLS handshake
 * with the registry.
 */
export type ProxyTimeouts = Pick<Timeouts, 'connect' | 'secureConnect'>

/** Opens connections through one proxy. `destroy` closes those that are not established yet. */
class ProxyDialer {
  readonly proxy: Proxy
  readonly #trust: Trust
  readonly #timeouts: ProxyTimeouts
  readonly #opening = new Set<Socket>()

  constructor(proxy: Proxy, trust: Trust, timeouts: ProxyTimeouts) {
    this.proxy = proxy
    this.#trust = trust
    this.#timeouts = timeouts
  }

  /** Opens a connection to `target`, or to the proxy itself if `target` is undefined. Calls `done` once. */
  open(target: ProxyTarget | undefined, done: (failure: Error | undefined, socket: Socket) => void): void {
    const { proxy } = this
    const socket = connectProxy(proxy, () => this.#trust.context)
    this.#opening.add(socket)
    const finish = (failure: Error | undefined): void => {
      this.#opening.delete(socket)
      done(failure, socket)
    }
    const timeout = this.#timeouts.connect
    waitForConnect(socket, proxy, timeout, (failure) => {
      if (failure !== undefined || target === undefined) finish(failure)
      else if (proxy.protocol === 'socks') openSocksTunnel(socket, proxy, { target, timeout }, finish)
      else openTunnel(socket, proxy, { target, timeout }, finish)
    })
  }

  /** Waits for the TLS handshake over `socket`, a connection through the proxy. Calls `done` once. */
  waitForHandshake(socket: TLSSocket, done: (failure: Error | undefined) => void): void {
    this.#opening.add(socket)
    waitForTls(socket, this.proxy, this.#timeouts.secureConnect, (failure) => {
      this.#opening.delete(socket)
      done(failure)
    })
  }

  destroy(): void {
    for (const socket of this.#opening) socket.destroy()
  }
}

const targetOf = ({ host, port }: RequestOptions, defaultPort: number): ProxyTarget => ({
  host: host ?? '',
  port: Number(port ?? defaultPort),
})

/**
 * Agent for plain HTTP. An HTTP proxy receives requests with an absolute URL, set by the caller; a SOCKS proxy
 * connects to the target.
 */
export class ForwardingAgent extends HttpAgent {
  readonly #dialer: ProxyDialer

  constructor(proxy: Proxy, trust: Trust, timeouts: ProxyTimeouts, options: AgentOptions) {
    super(options)
    this.#dialer = new ProxyDialer(proxy, trust, timeouts)
  }

  override createConnection(options: RequestOptions, onConnection?: OnConnection): undefined {
    const target = this.#dialer.proxy.protocol === 'socks' ? targetOf(options, 80) : undefined
    this.#dialer.open(target, (failure, socket) => onConnection?.(failure ?? null, socket))
  }

  override destroy(): void {
    this.#dialer.destroy()
    super.destroy()
  }
}

/** Agent for TLS through a tunnel, which the proxy cannot inspect. */
export class TunnelAgent extends HttpsAgent {
  readonly #dialer: ProxyDialer
  readonly #trust: Trust

  /** @param trust - certificates of the hosts, and of the proxy */
  constructor(
    proxy: Proxy,
    trust: { readonly host: Trust; readonly proxy: Trust },
    timeouts: ProxyTimeouts,
    options: AgentOptions,
  ) {
    super(options)
    this.#trust = trust.host
    this.#dialer = new ProxyDialer(proxy, trust.proxy, timeouts)
  }

  override createConnection(options: RequestOptions, onConnection?: OnConnection): undefined {
    const target = targetOf(options, 443)
    this.#dialer.open(target, (failure, socket) => {
      if (failure !== undefined) {
        onConnection?.(failure, socket)
        return
      }
      const secure = connectTls({
        ...options,
        ...target,
        path: undefined,
        socket,
        secureContext: this.#trust.context,
        rejectUnauthorized: !this.#trust.acceptsAny,
      })
      // The HTTP client (got) limits the duration of a TLS handshake only for connections that it opens itself.
      this.#dialer.waitForHandshake(secure, (failed) => onConnection?.(failed ?? null, secure))
    })
  }

  override destroy(): void {
    this.#dialer.destroy()
    super.destroy()
  }
}
