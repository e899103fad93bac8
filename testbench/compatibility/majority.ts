/** Determines the majority result of the other pullers, and where Windlass differs from it. */
import type { CompatibilityCase } from './case.js'
import type { PeerOutcomes } from './peers.js'

/** Pullers that form the majority. The others are only columns of the table. */
const voices = ['skopeo', 'crane', 'podman', 'containerd', 'docker']

const requiredShare = 4 / 5

/**
 * Returns the result of at least four of five pullers; undefined if they disagree or fewer than three have a result.
 */
export function majority(id: string, { outcomes }: PeerOutcomes): 'taken' | 'refused' | undefined {
  const results = voices.flatMap((name) => outcomes[id]?.[name] ?? [])
  if (results.length < 3) return undefined
  const taken = results.filter((outcome) => outcome === 'taken').length / results.length
  if (taken >= requiredShare) return 'taken'
  return 1 - taken >= requiredShare ? 'refused' : undefined
}

/** Reports whether the majority differs from the result that Windlass defines as correct. */
export function differs({ id, right }: CompatibilityCase, peers: PeerOutcomes): boolean {
  const found = majority(id, peers)
  return found !== undefined && (found === 'taken') !== (right === 'taken')
}
