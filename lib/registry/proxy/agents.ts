/** Agents of node's own whose connections go through a proxy: kept and bounded like any others. */
import { Agent as HttpAgent, type AgentOptions } from 'node:http'
import { Agent as HttpsAgent, type RequestOptions } from 'node:https'
import type { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { type TLSSocket, connect as connectTls } from 'node:tls'
import type { Proxy } from './proxy.js'
import { type ProxyTarget, connectProxy, reached, secured, throughSocks, tunnel } from './connection.js'
import type { Timeouts } from '../policy/timeouts.js'
import type { Trust } from '../policy/trust.js'

type Created = (error: Error | null, socket: Duplex) => void

/** `connect` is for the way through the proxy, `secureConnect` for the TLS handshake with the registry behind it. */
export type ProxyTimeouts = Pick<Timeouts, 'connect' | 'secureConnect'>

/** Makes connections through one proxy, and ends those that are not made yet. */
class ProxyRoute {
  readonly proxy: Proxy
  readonly #trust: Trust
  readonly #timeouts: ProxyTimeouts
  readonly #opening = new Set<Socket>()

  constructor(proxy: Proxy, trust: Trust, timeouts: ProxyTimeouts) {
    this.proxy = proxy
    this.#trust = trust
    this.#timeouts = timeouts
  }

  /** Calls back once, with a connection to the proxy itself where `target` is undefined, else with one to that. */
  open(target: ProxyTarget | undefined, done: (failure: Error | undefined, socket: Socket) => void): void {
    const { proxy } = this
    const socket = connectProxy(proxy, () => this.#trust.context)
    this.#opening.add(socket)
    const finish = (failure: Error | undefined): void => {
      this.#opening.delete(socket)
      done(failure, socket)
    }
    const timeout = this.#timeouts.connect
    reached(socket, proxy, timeout, (failure) => {
      if (failure !== undefined || target === undefined) finish(failure)
      else if (proxy.protocol === 'socks') throughSocks(socket, proxy, { target, timeout }, finish)
      else tunnel(socket, proxy, { target, timeout }, finish)
    })
  }

  /** Calls back once, when TLS is spoken over `socket`, which leads through the proxy, or with why not. */
  handshake(socket: TLSSocket, done: (failure: Error | undefined) => void): void {
    this.#opening.add(socket)
    secured(socket, this.proxy, this.#timeouts.secureConnect, (failure) => {
      this.#opening.delete(socket)
      done(failure)
    })
  }

  destroy(): void {
    for (const socket of this.#opening) socket.destroy()
  }
}

const targetOf = ({ host, port }: RequestOptions, usual: number): ProxyTarget => ({
  host: host ?? '',
  port: Number(port ?? usual),
})

/** For plain HTTP: an HTTP proxy is sent the whole URL, which is the request's business; a SOCKS proxy leads on. */
export class ForwardingAgent extends HttpAgent {
  readonly #route: ProxyRoute

  constructor(proxy: Proxy, trust: Trust, timeouts: ProxyTimeouts, options: AgentOptions) {
    super(options)
    this.#route = new ProxyRoute(proxy, trust, timeouts)
  }

  override createConnection(options: RequestOptions, created?: Created): undefined {
    const target = this.#route.proxy.protocol === 'socks' ? targetOf(options, 80) : undefined
    this.#route.open(target, (failure, socket) => created?.(failure ?? null, socket))
  }

  override destroy(): void {
    this.#route.destroy()
    super.destroy()
  }
}

/** For TLS, which the proxy cannot look into. */
export class TunnelAgent extends HttpsAgent {
  readonly #route: ProxyRoute
  readonly #trust: Trust

  constructor(proxy: Proxy, trust: Trust, timeouts: ProxyTimeouts, options: AgentOptions) {
    super(options)
    this.#trust = trust
    this.#route = new ProxyRoute(proxy, trust, timeouts)
  }

  override createConnection(options: RequestOptions, created?: Created): undefined {
    const target = targetOf(options, 443)
    this.#route.open(target, (failure, socket) => {
      if (failure !== undefined) {
        created?.(failure, socket)
        return
      }
      const { context: secureContext } = this.#trust
      const secure = connectTls({ ...options, ...target, path: undefined, socket, secureContext })
      // Nobody else limits the handshake: got does so only for a socket that it sees connecting.
      this.#route.handshake(secure, (failed) => created?.(failed ?? null, secure))
    })
  }

  override destroy(): void {
    this.#route.destroy()
    super.destroy()
  }
}
