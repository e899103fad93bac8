/** What most of the other pullers make of a case, and where Windlass differs from that. */
import type { CompatibilityCase } from './case.js'
import type { PeerOutcomes } from './peers.js'

/** Those that are asked what is common; the others are columns of the table. */
const voices = ['skopeo', 'crane', 'podman', 'containerd', 'docker']

const most = 4 / 5

/** What four of five make of a case; undefined where they disagree, or fewer than three were asked. */
export function majority(id: string, { outcomes }: PeerOutcomes): 'taken' | 'refused' | undefined {
  const heard = voices.flatMap((name) => outcomes[id]?.[name] ?? [])
  if (heard.length < 3) return undefined
  const taken = heard.filter((outcome) => outcome === 'taken').length / heard.length
  if (taken >= most) return 'taken'
  return 1 - taken >= most ? 'refused' : undefined
}

/** Whether four of five say otherwise than what is right here. */
export function differs({ id, right }: CompatibilityCase, peers: PeerOutcomes): boolean {
  const found = majority(id, peers)
  return found !== undefined && (found === 'taken') !== (right === 'taken')
}
