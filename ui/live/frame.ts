/** Defines `Frame`, everything that one drawing of the page shows, and computes it. */
import type { Connection } from '../../lib/api/client.js'
import type { PullState, ServerState } from '../../lib/api/server-state.js'
import type { PastPull, StoredImages } from '../../lib/api/shapes.js'
import { holdsDownload } from '../../lib/api/slots.js'
import type { Preferences } from '../facts/choices.js'
import type { Closing } from '../facts/closing.js'
import { type LineCounts, type SharedLayers, lineCounts, sharedLayers, total } from '../facts/lines.js'
import { registryOf } from '../facts/names.js'
import { nameOf } from '../facts/pull-words.js'
import type { CalmVerdict, Verdict } from '../facts/verdict.js'
import { verdictOf } from '../facts/verdict.js'

export type View = 'pulls' | 'images' | 'history'

/** What the user looks at. */
export interface Sight {
  readonly view: View
  /** Id of the chosen pull. */
  readonly chosen?: string | undefined
  /** Index of the chosen layer. */
  readonly layer?: number | undefined
  /** On a phone: the detail is shown instead of the list. */
  readonly isDetail: boolean
  /** Entry of the chosen image. */
  readonly image?: string | undefined
  readonly hasKeysOpen: boolean
}

/** State of the connection, as the page shows it. */
export type Link =
  | { readonly state: 'connecting' | 'connected' | 'refused' }
  | {
      readonly state: 'lost'
      readonly since: number
      readonly triesAt: number | undefined
      readonly retry: () => void
      readonly error: Extract<Connection, { state: 'lost' }>['error']
    }

/** Size of the window, in pixels. */
export interface Screen {
  readonly width: number
  readonly height: number
  readonly isPhone: boolean
  readonly isWide: boolean
  /** The list stands above the detail. */
  readonly isStacked: boolean
}

/** One drawing. */
export interface Frame {
  readonly state: ServerState
  /** Time on the clock of the server, in milliseconds since 1970. */
  readonly now: number
  readonly link: Link
  readonly sight: Sight
  readonly preferences: Preferences
  readonly screen: Screen
  readonly pending: ReadonlySet<string>
  readonly chosen: PullState | undefined
  readonly shared: ReadonlyMap<string, SharedLayers>
  readonly counts: LineCounts
  readonly verdict: Verdict
  /** Layers that hold slots which a lower limit has closed. */
  readonly closing: { readonly downloads: Closing; readonly unpacks: Closing }
  /** Bytes per second. */
  readonly network: number
  readonly freeBytes: number | undefined
  readonly history: readonly PastPull[] | undefined
  readonly images: StoredImages | undefined
}

/** What a frame is computed from. */
export type FrameParts = Pick<
  Frame,
  'state' | 'now' | 'link' | 'sight' | 'preferences' | 'screen' | 'pending' | 'history' | 'images' | 'closing'
>

/** Computes a frame. `calm` keeps the sentence of the verdict. */
export function frameOf(parts: FrameParts, calm: CalmVerdict): Frame {
  const { state, sight, now } = parts
  const chosen = state.pulls.find(({ record }) => record.id === sight.chosen)
  const shared = sharedLayers(state.pulls)
  const counts = lineCounts(state, chosen?.record.id, shared)
  const sample = state.samples.at(-1)
  const isFresh = sample !== undefined && counts.running > 0 && now - sample.at < 5_000
  const network = isFresh ? sample.network : 0
  const limits = state.limits ?? { maxDownloads: 1, maxUnpacks: 1, bytesPerSecond: null, isAuto: false }
  const active = state.pulls.filter(({ record }) => record.state === 'running')
  const asking = active.find(({ snapshot }) => !snapshot.totals)
  const verdict = verdictOf({
    ...{ network, limits, running: counts.running, paused: counts.paused, resolving: counts.resolving },
    pulls: state.pulls.length,
    holder: isFresh ? sample.holder : null,
    host: (isFresh ? sample.host : null) ?? (asking ? registryOf(nameOf(asking)) : null),
    waiting: total(counts.waiting),
    downloaded: total(counts.downloaded),
    downloads: state.slots.downloads.filter((slot) => slot !== undefined).length,
    unpacks: state.slots.unpacks.filter((slot) => slot !== undefined).length,
    retries: active
      .flatMap(({ snapshot }) => snapshot.layers)
      .filter((layer) => holdsDownload(layer) && layer.status === 'retrying').length,
    processors: state.server?.processors ?? 1,
  })
  return {
    ...parts,
    ...{ chosen, shared, counts, network },
    verdict: calm.next(verdict, now),
    freeBytes: sample?.freeBytes ?? undefined,
  }
}
