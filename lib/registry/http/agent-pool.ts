/** Manages the HTTP agents that hold connections: for direct connections and for each proxy. */
import { Agent as HttpAgent } from 'node:http'
import { Agent as HttpsAgent, type AgentOptions, type RequestOptions } from 'node:https'
import type { Duplex } from 'node:stream'
import type { Proxy } from '../proxy/proxy.js'
import { ForwardingAgent, type ProxyTimeouts, TunnelAgent } from '../proxy/agents.js'
import type { Trust } from '../policy/trust.js'

/** The agents for http and https URLs. */
export interface Agents {
  readonly http: HttpAgent
  readonly https: HttpsAgent
}

/** Loads the trusted certificates at the first connection. */
class TrustingAgent extends HttpsAgent {
  readonly #trust: Trust

  constructor(trust: Trust, options: AgentOptions) {
    super(options)
    this.#trust = trust
  }

  override createConnection(
    options: RequestOptions,
    created?: (error: Error | null, socket: Duplex) => void,
  ): Duplex | null | undefined {
    const trusting = {
      ...options,
      secureContext: this.#trust.context,
      rejectUnauthorized: !this.#trust.acceptsAny,
    }
    return super.createConnection(trusting, created)
  }
}

/** The agents of one set of connections. They are created on demand. */
export class AgentPool {
  readonly #trust: Trust
  readonly #proxyTrust: Trust
  readonly #maxSockets: number
  readonly #timeouts: ProxyTimeouts
  readonly #created = new Map<string, Agents>()

  /**
   * @param maxSockets - maximum number of concurrent connections to one host; further requests wait
   * @param timeouts - timeouts of connections through proxies, in milliseconds
   * @param proxyTrust - certificates for proxies, if they differ from those for registries
   */
  constructor(trust: Trust, maxSockets: number, timeouts: ProxyTimeouts, proxyTrust = trust) {
    this.#trust = trust
    this.#proxyTrust = proxyTrust
    this.#maxSockets = maxSockets
    this.#timeouts = timeouts
  }

  /**
   * Returns agents that reuse connections and close them after 30 s without use. Idle connections do not keep the
   * process alive.
   */
  keepAliveAgents(proxy: Proxy | undefined): Agents {
    return this.#agents(proxy, true)
  }

  /** Returns agents that open a new connection for each request. */
  freshAgents(proxy: Proxy | undefined): Agents {
    return this.#agents(proxy, false)
  }

  /** Closes all connections. */
  destroy(): void {
    for (const { http, https } of this.#created.values()) {
      http.destroy()
      https.destroy()
    }
  }

  #agents(proxy: Proxy | undefined, keepAlive: boolean): Agents {
    const key = `${proxy === undefined ? 'direct' : `${proxy.protocol}://${proxy.host}`} ${keepAlive}`
    const known = this.#created.get(key)
    if (known !== undefined) return known
    const options = { keepAlive, maxSockets: this.#maxSockets, maxFreeSockets: 8, timeout: 30_000 }
    const created =
      proxy === undefined
        ? { http: new HttpAgent(options), https: new TrustingAgent(this.#trust, options) }
        : {
            http: new ForwardingAgent(proxy, this.#proxyTrust, this.#timeouts, options),
            https: new TunnelAgent(
              proxy,
              { host: this.#trust, proxy: this.#proxyTrust },
              this.#timeouts,
              options,
            ),
          }
    this.#created.set(key, created)
    return created
  }
}
