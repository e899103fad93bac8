/** What other pullers made of the cases, as `scripts/compatibility-table.ts` keeps it. */
import { readFileSync } from 'node:fs'

export interface PeerOutcomes {
  /** By the peer's name. */
  readonly versions: Readonly<Record<string, string>>
  /** Peers that could not be run, with the reason. */
  readonly skipped: Readonly<Record<string, string>>
  /** By case and peer: `taken`, or what was said of the refusal. */
  readonly outcomes: Readonly<Record<string, Readonly<Record<string, string>>>>
}

export const peersFile = new URL('peers.json', import.meta.url)

export const readPeers = (): PeerOutcomes => JSON.parse(readFileSync(peersFile, 'utf8')) as PeerOutcomes // written by the script
