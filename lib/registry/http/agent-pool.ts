/** The agents that hold connections: for hosts that are asked directly, and for each proxy. */
import { Agent as HttpAgent } from 'node:http'
import { Agent as HttpsAgent, type AgentOptions, type RequestOptions } from 'node:https'
import type { Duplex } from 'node:stream'
import type { Proxy } from '../proxy/proxy.js'
import { ForwardingAgent, type ProxyTimeouts, TunnelAgent } from '../proxy/agents.js'
import type { Trust } from '../policy/trust.js'

/** By the scheme of what is asked for. */
export interface Agents {
  readonly http: HttpAgent
  readonly https: HttpsAgent
}

/** Asks for what is trusted with the first connection. */
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
    const trusting = { ...options, secureContext: this.#trust.context }
    return super.createConnection(trusting, created)
  }
}

export class AgentPool {
  readonly #trust: Trust
  readonly #maxSockets: number
  readonly #timeouts: ProxyTimeouts
  readonly #made = new Map<string, Agents>()

  /**
   * @param maxSockets - to one host at the same time; further requests wait for one
   * @param timeouts - of the connections through proxies
   */
  constructor(trust: Trust, maxSockets: number, timeouts: ProxyTimeouts) {
    this.#trust = trust
    this.#maxSockets = maxSockets
    this.#timeouts = timeouts
  }

  /** Connections that are used again, and given up after 30 s without use. They never keep the process alive. */
  kept(proxy: Proxy | undefined): Agents {
    return this.#agents(proxy, true)
  }

  /** Connections for one request each. */
  fresh(proxy: Proxy | undefined): Agents {
    return this.#agents(proxy, false)
  }

  /** Ends all connections. */
  destroy(): void {
    for (const { http, https } of this.#made.values()) {
      http.destroy()
      https.destroy()
    }
  }

  #agents(proxy: Proxy | undefined, keepAlive: boolean): Agents {
    const key = `${proxy === undefined ? 'direct' : `${proxy.protocol}://${proxy.host}`} ${keepAlive}`
    const known = this.#made.get(key)
    if (known !== undefined) return known
    const options = { keepAlive, maxSockets: this.#maxSockets, maxFreeSockets: 8, timeout: 30_000 }
    const made =
      proxy === undefined
        ? { http: new HttpAgent(options), https: new TrustingAgent(this.#trust, options) }
        : {
            http: new ForwardingAgent(proxy, this.#trust, this.#timeouts, options),
            https: new TunnelAgent(proxy, this.#trust, this.#timeouts, options),
          }
    this.#made.set(key, made)
    return made
  }
}
