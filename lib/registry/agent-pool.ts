/** The agents that hold connections: for hosts that are asked directly, and for each proxy. */
import { Agent as HttpAgent } from 'node:http'
import { Agent as HttpsAgent } from 'node:https'
import type { Proxy } from './proxy.js'
import { ForwardingAgent, TunnelAgent } from './proxy-agents.js'

/** By the scheme of what is asked for. */
export interface Agents {
  readonly http: HttpAgent
  readonly https: HttpsAgent
}

export class AgentPool {
  readonly #maxSockets: number
  readonly #timeout: number
  readonly #made = new Map<string, Agents>()

  /**
   * @param maxSockets - to one host at the same time; further requests wait for one
   * @param timeout - milliseconds for the way through a proxy
   */
  constructor(maxSockets: number, timeout: number) {
    this.#maxSockets = maxSockets
    this.#timeout = timeout
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
    const key = `${proxy?.host ?? 'direct'} ${keepAlive}`
    const known = this.#made.get(key)
    if (known !== undefined) return known
    const options = { keepAlive, maxSockets: this.#maxSockets, maxFreeSockets: 8, timeout: 30_000 }
    const made =
      proxy === undefined
        ? { http: new HttpAgent(options), https: new HttpsAgent(options) }
        : {
            http: new ForwardingAgent(proxy, options),
            https: new TunnelAgent(proxy, this.#timeout, options),
          }
    this.#made.set(key, made)
    return made
  }
}
