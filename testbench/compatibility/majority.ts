/** Determines the majority result of the other pullers, and where Windlass differs from it. */
import type { CompatibilityCase } from './case.js'
import type { PeerOutcomes } from './peers.js'

/** Pullers that count for the majority. Other pullers are only shown in the table. */
const votingPullers = ['skopeo', 'crane', 'podman', 'containerd', 'docker']

const requiredShare = 4 / 5

/**
 * Returns the result of at least four of five pullers; undefined if they disagree or fewer than three have a result.
 */
export function majority(id: string, { outcomes }: PeerOutcomes): 'taken' | 'refused' | undefined {
  const results = votingPullers.flatMap((name) => outcomes[id]?.[name] ?? [])
  if (results.length < 3) return undefined
  const taken = results.filter((outcome) => outcome === 'taken').length / results.length
  if (taken >= requiredShare) return 'taken'
  return 1 - taken >= requiredShare ? 'refused' : undefined
}

/** Reports whether the majority result differs from the correct result of the case. */
export function differs({ id, expected }: CompatibilityCase, peers: PeerOutcomes): boolean {
  const found = majority(id, peers)
  return found !== undefined && (found === 'taken') !== (expected === 'taken')
}
