/** Reads the results of other pullers, which `scripts/compatibility-table.ts` stores. */
import { readFileSync } from 'node:fs'

export interface PeerOutcomes {
  /** Version by name of the peer. */
  readonly versions: Readonly<Record<string, string>>
  /** Peers that could not run, with the reason. */
  readonly skipped: Readonly<Record<string, string>>
  /** Result by case and peer: `taken`, or the message of the refusal. */
  readonly outcomes: Readonly<Record<string, Readonly<Record<string, string>>>>
}

export const peersFile = new URL('peers.json', import.meta.url)

export const readPeers = (): PeerOutcomes => JSON.parse(readFileSync(peersFile, 'utf8')) as PeerOutcomes // written by the script
