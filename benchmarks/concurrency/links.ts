/** Defines the simulated links between the sweep and the embedded registry. */
import type { LinkOptions } from '../shared/link.js'

export interface LinkKind extends Omit<LinkOptions, 'target'> {
  readonly name: string
}

const mbit = 1e6 / 8

export const linkKinds: readonly LinkKind[] = [
  { name: 'loopback', latency: 0, perConnection: Infinity, total: Infinity },
  { name: 'data centre: 1 Gbit/s, 1 ms', latency: 1, perConnection: Infinity, total: 1000 * mbit },
  { name: 'office: 100 Mbit/s, 40 ms', latency: 40, perConnection: Infinity, total: 100 * mbit },
  {
    name: 'throttled: 20 Mbit/s a connection, 200 in all, 60 ms',
    latency: 60,
    perConnection: 20 * mbit,
    total: 200 * mbit,
  },
  { name: 'mobile: 16 Mbit/s, 120 ms', latency: 120, perConnection: Infinity, total: 16 * mbit },
]
