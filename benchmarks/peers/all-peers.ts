/** Every peer that can run here; those that cannot are named, with the reason, and left out. */
import { crane, floor, oras, podman, skopeoUmoci } from './clients.js'
import { containerd, docker } from './daemons.js'
import type { Peer } from './peer.js'
import type { PeerHost } from './peer-host.js'

export interface Peers {
  readonly peers: readonly Peer[]
  readonly skipped: readonly { readonly name: string; readonly reason: string }[]
}

/** @param reference a small image: who cannot pull it takes no part */
export async function allPeers(
  host: PeerHost,
  reference: string,
  layersOf: (reference: string) => Promise<readonly string[]>,
): Promise<Peers> {
  const peers: Peer[] = []
  const skipped: { name: string; reason: string }[] = []
  const makers = { podman, skopeoUmoci, crane, oras, containerd, docker, floor: atFloor }
  function atFloor(): Promise<Peer> {
    return Promise.resolve(floor(host, layersOf))
  }
  for (const [name, make] of Object.entries(makers)) {
    try {
      const peer = await make(host)
      await peer.prepare()
      await peer.run(reference, peer.works[0]!)
      peers.push(peer)
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error)
      process.stderr.write(`SKIPPED: ${name}: ${reason}\n`)
      skipped.push({ name, reason: reason.split('\n')[0] ?? '' })
    }
  }
  return { peers, skipped }
}
