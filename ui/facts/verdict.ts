/** Says in one sentence what holds the line of layers up, why, and what would help. */
import type { Holder, ServerLimits } from '../../lib/api/shapes.js'
import { counted, rate } from './numbers.js'

/** What the sentence depends on. */
export interface VerdictFacts {
  readonly pulls: number
  readonly running: number
  readonly paused: number
  readonly resolving: number
  readonly holder: Holder
  readonly host: string | null
  readonly waiting: number
  readonly downloaded: number
  readonly downloads: number
  readonly unpacks: number
  readonly retries: number
  /** Bytes per second. */
  readonly network: number
  readonly limits: ServerLimits
  readonly processors: number
}

/** A limit that may help, and the words of the button that sets it. */
export interface Suggestion {
  readonly label: string
  readonly change:
    { readonly maxDownloads: number } | { readonly maxUnpacks: number } | { readonly bytesPerSecond: null }
}

/** The sentence about the line. */
export interface Verdict {
  /** Identifies the sentence, whatever its numbers are. */
  readonly kind:
    'empty' | 'done' | 'paused' | 'asking' | 'unpacking' | 'last' | 'limit' | 'registry' | 'network'
  readonly title: string
  readonly reason: string
  /** Stage of the gauge that holds the line. */
  readonly stage?: 'downloading' | 'unpacking'
  readonly suggestion?: Suggestion
}

/** Number of downloads beyond which more are not suggested. */
const manyDownloads = 12

/** Returns the verdict of this moment. */
export function verdictOf(facts: VerdictFacts): Verdict {
  const { pulls, running, paused, resolving, holder } = facts
  if (running === 0) return idle(pulls, paused)
  if (holder === 'unpacking') return unpacking(facts)
  if (holder === 'limit') return limited(facts)
  if (holder === 'registry') return asked(facts)
  if (holder === 'network' || facts.downloads > 0) return network(facts)
  if (resolving > 0)
    return {
      kind: 'asking',
      title: `Asking ${facts.host ?? 'the registry'}.`,
      reason: 'The layers come when the manifest is known.',
    }
  return unpacking(facts)
}

function idle(pulls: number, paused: number): Verdict {
  if (pulls === 0)
    return {
      kind: 'empty',
      title: 'Nothing to pull.',
      reason:
        'Layers will pass through these five stages, left to right. Where they pile up is what holds the line.',
    }
  return paused > 0
    ? { kind: 'paused', title: 'Paused.', reason: 'Nothing else runs; no slot is in use.' }
    : { kind: 'done', title: 'All done.', reason: 'No slot is in use.' }
}

function unpacking({ downloaded, waiting, downloads, unpacks, limits, processors }: VerdictFacts): Verdict {
  const { maxUnpacks } = limits
  if (waiting + downloads === 0 && downloaded < 2)
    return {
      kind: 'last',
      title: 'Unpacking ends the line.',
      reason: `Everything is downloaded; ${counted(Math.max(1, unpacks + downloaded), 'layer')} to write.`,
      stage: 'unpacking',
    }
  const more = maxUnpacks + 1
  const slots = counted(maxUnpacks, 'unpack slot')
  const reason =
    downloaded > 1
      ? `${downloaded} layers are downloaded and wait for ${slots}.`
      : `${slots} ${maxUnpacks === 1 ? 'is' : 'are'} in use, and layers come as fast as they are written.`
  return {
    kind: 'unpacking',
    title: 'Unpacking holds the line.',
    reason: `${reason} The network is not the limit.`,
    stage: 'unpacking',
    // More threads than processors do not write faster.
    ...(more <= processors && {
      suggestion: { label: `Try ${counted(more, 'unpack')}`, change: { maxUnpacks: more } },
    }),
  }
}

const limited = ({ limits }: VerdictFacts): Verdict => ({
  kind: 'limit',
  title: 'Your limit holds the line.',
  reason: `Downloads use all of the ${rate(limits.bytesPerSecond ?? 0)} that you allow.`,
  stage: 'downloading',
  suggestion: { label: 'Lift the limit', change: { bytesPerSecond: null } },
})

const asked = ({ host, retries, limits }: VerdictFacts): Verdict => ({
  kind: 'registry',
  title: `${host ?? 'The registry'} asks us to wait.`,
  reason: `${counted(retries, 'layer')} of ${counted(limits.maxDownloads, 'download slot')} wait for the time that it set.`,
  stage: 'downloading',
})

function network({ waiting, downloads, network: speed, limits }: VerdictFacts): Verdict {
  const base = { kind: 'network', title: 'The network holds the line.', stage: 'downloading' } as const
  if (waiting === 0)
    return {
      ...base,
      reason: `The last ${downloads > 1 ? `${downloads} layers come` : 'layer comes'} at ${rate(speed)}; unpacking keeps up.`,
    }
  // Slots stay free while nothing asks for more: layers that are downloaded wait for their turn.
  if (downloads < limits.maxDownloads)
    return {
      ...base,
      reason: `${downloads} of ${limits.maxDownloads} download slots are busy, at ${rate(speed)} together.`,
    }
  const more = limits.maxDownloads + 2
  return {
    ...base,
    reason: `${limits.maxDownloads === 1 ? 'The download slot is' : `All ${limits.maxDownloads} download slots are`} busy, at ${rate(speed)} together; unpacking keeps up with them.`,
    ...(!limits.isAuto &&
      more <= manyDownloads && {
        suggestion: { label: `Try ${more} downloads`, change: { maxDownloads: more } },
      }),
  }
}

/** Milliseconds for which a sentence stays at least. */
const calmTime = 3_000

/** Keeps a sentence for three seconds at least; only its numbers change meanwhile. */
export class CalmVerdict {
  #shown: Verdict | undefined
  #since = 0

  /** Returns what is shown at `now`, when `verdict` is the one of this moment. */
  next(verdict: Verdict, now: number): Verdict {
    const shown = this.#shown
    if (shown?.kind === verdict.kind) return (this.#shown = verdict)
    // What a user did, and what begins or ends, is shown at once.
    const isUrgent = !verdict.stage || !shown?.stage
    if (shown && !isUrgent && now - this.#since < calmTime) return shown
    this.#since = now
    return (this.#shown = verdict)
  }
}
