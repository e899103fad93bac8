/** Defines `Channel`: the connections to a host that has certificates, headers or timeouts of its own. */
import type { AgentPool } from './agent-pool.js'
import type { TrustOptions } from '../policy/trust.js'
import type { Timeouts } from '../policy/timeouts.js'

/** The timeouts that may differ by host. */
export type HostTimeouts = Pick<Timeouts, 'lookup' | 'connect' | 'secureConnect' | 'response' | 'stall'>

/** Settings of a `Channel`. What is missing is that of all hosts. */
export interface ChannelOptions {
  /** Certificates of the host, besides those that all hosts may have, and client certificates for it. */
  readonly trust?: Pick<TrustOptions, 'ca' | 'client' | 'insecureTls'>
  /** Headers of each request. They may contain secrets. */
  readonly headers?: Readonly<Record<string, string>>
  readonly timeouts?: Partial<HostTimeouts>
}

/** How requests to a host are sent. A request that is redirected to another origin leaves the channel. */
export interface Channel {
  readonly agents: AgentPool
  readonly headers: Readonly<Record<string, string>>
  readonly timeouts: Partial<HostTimeouts>
}

/** Returns the channel without its headers, which are for its own host only. */
export const withoutHeaders = (channel: Channel): Channel => ({ ...channel, headers: {} })
