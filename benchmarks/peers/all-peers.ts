/** Every peer that can run here; those that cannot are named, with the reason, and left out. */
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

/** As they are asked for by name. */
export const peerNames = Object.keys(makers)

/**
 * @param names of those that are to take part
 * @param reference a small image: who cannot pull it takes no part
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

/** What went wrong, in a line: of a long one the beginning and the end. */
export function reasonOf(error: unknown): string {
  const text = (error instanceof Error ? error.message : String(error)).replace(/\s+/g, ' ')
  return text.length <= 500 ? text : `${text.slice(0, 150)} … ${text.slice(-340)}`
}
