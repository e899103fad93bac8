/** Starts the peers that can run on this machine, and lists the others with the reason. */
import { crane, floor, oras, podman, skopeoUmoci } from './clients.js'
import { containerd, docker } from './daemons.js'
import type { Peer } from './peer.js'
import type { PeerHost } from './peer-host.js'

export interface Peers {
  readonly peers: readonly Peer[]
  readonly skipped: readonly { readonly name: string; readonly reason: string }[]
}

type Maker = (
  host: PeerHost,
  layersOf: (reference: string) => Promise<readonly string[]>,
) => Promise<Peer> | Peer

const makers = { podman, skopeo: skopeoUmoci, crane, oras, containerd, docker, floor } satisfies Record<
  string,
  Maker
>

/** Names of all peers. */
export const peerNames = Object.keys(makers)

/**
 * @param names names of the peers to start
 * @param reference a small image; a peer that cannot pull it is excluded
 */
export async function allPeers(
  host: PeerHost,
  names: readonly string[],
  reference: string,
  layersOf: (reference: string) => Promise<readonly string[]>,
): Promise<Peers> {
  const peers: Peer[] = []
  const skipped: { name: string; reason: string }[] = []
  for (const [name, make] of Object.entries<Maker>(makers).filter(([name]) => names.includes(name))) {
    let peer: Peer | undefined
    try {
      peer = await make(host, layersOf)
      await peer.prepare()
      await peer.run(reference, peer.works[0]!)
      peers.push(peer)
    } catch (error) {
      const reason = reasonOf(error)
      process.stderr.write(`SKIPPED: ${name}: ${reason}\n`)
      skipped.push({ name: peer?.name ?? name, reason })
    }
    await peer?.clear().catch(() => undefined)
  }
  return { peers, skipped }
}

/** Returns the message of an error on one line. The middle of a long message is cut. */
export function reasonOf(error: unknown): string {
  const text = (error instanceof Error ? error.message : String(error)).replace(/\s+/g, ' ')
  return text.length <= 500 ? text : `${text.slice(0, 150)} … ${text.slice(-340)}`
}
