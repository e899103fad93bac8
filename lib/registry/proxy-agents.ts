/** Agents of node's own whose connections go through a proxy: kept and bounded like any others. */
import { Agent as HttpAgent, type AgentOptions } from 'node:http'
import { Agent as HttpsAgent, type RequestOptions } from 'node:https'
import type { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { connect as connectTls } from 'node:tls'
import type { Proxy } from './proxy.js'
import { connectProxy, tunnel } from './proxy-connection.js'

/** For plain HTTP: the proxy is sent the whole URL, which is the request's business. */
export class ForwardingAgent extends HttpAgent {
  readonly #proxy: Proxy

  constructor(proxy: Proxy, options: AgentOptions) {
    super(options)
    this.#proxy = proxy
  }

  override createConnection(): Socket {
    return connectProxy(this.#proxy)
  }
}

/** For TLS, which the proxy cannot look into. */
export class TunnelAgent extends HttpsAgent {
  readonly #proxy: Proxy
  readonly #timeout: number
  readonly #opening = new Set<Socket>()

  /** @param timeout - milliseconds for the way through the proxy */
  constructor(proxy: Proxy, timeout: number, options: AgentOptions) {
    super(options)
    this.#proxy = proxy
    this.#timeout = timeout
  }

  override createConnection(
    options: RequestOptions,
    created?: (error: Error | null, socket: Duplex) => void,
  ): undefined {
    const socket = connectProxy(this.#proxy)
    this.#opening.add(socket)
    const host = options.host ?? ''
    const target = `${host.includes(':') ? `[${host}]` : host}:${options.port ?? 443}`
    tunnel(socket, this.#proxy, { target, timeout: this.#timeout }, (error) => {
      this.#opening.delete(socket)
      if (error === undefined)
        created?.(
          null,
          connectTls({ ...options, host, port: Number(options.port ?? 443), path: undefined, socket }),
        )
      else created?.(error, socket)
    })
  }

  override destroy(): void {
    for (const socket of this.#opening) socket.destroy()
    super.destroy()
  }
}
