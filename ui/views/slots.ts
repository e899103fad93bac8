/** The slots of a stage: one row a slot, with the layer that holds it and how far it is. */
import type { VNode } from 'preact'
import type { LayerSnapshot } from '../../lib/events/snapshot-state.js'
import type { SlotHolder } from '../../lib/api/slots.js'
import { shortName } from '../facts/names.js'
import { bytes, duration, percent } from '../facts/numbers.js'
import { nameOf } from '../facts/pull-words.js'
import { html, memo } from '../html.js'
import type { Frame } from '../live/frame.js'

interface Props {
  readonly frame: Frame
  readonly kind: 'downloads' | 'unpacks'
}

export function SlotRows({ frame, kind }: Props): VNode {
  const { state, now } = frame
  const most = state.limits?.[kind === 'downloads' ? 'maxDownloads' : 'maxUnpacks'] ?? 0
  const closing = frame.closing[kind]
  const holders = state.slots[kind].filter(
    (holder, index) => index < most || (holder && closing.has(holder.digest)),
  )
  const count = Math.max(most, holders.length)
  const columns = count > 6 ? 4 : count > 3 ? 2 : 1
  return html`<div class=${`slots c${columns}`}>
    ${Array.from({ length: count }, (_, index) => {
      const holder = holders[index]
      const view = holder && slotOf(frame, holder, kind, now)
      if (!view) return html`<${Slot} key=${index} number="" names="" words="" part=${0} state="free" />`
      if (index < most) return html`<${Slot} key=${index} ...${view} />`
      return html`<${Slot} key=${index} ...${view} words="closing" state="closing" />`
    })}
  </div>`
}

interface SlotView {
  readonly number: string
  readonly names: string
  readonly words: string
  /** Filled part, from 0 to 1. */
  readonly part: number
  readonly state: 'free' | 'used' | 'retry' | 'closing'
}

function slotOf(
  { state }: Frame,
  { digest, pulls }: SlotHolder,
  kind: Props['kind'],
  now: number,
): SlotView | undefined {
  const users = pulls.flatMap((id) => state.pulls.filter(({ record }) => record.id === id))
  const [first] = users
  const index = first?.snapshot.layers.findIndex((layer) => layer.digest === digest) ?? -1
  const layer = first?.snapshot.layers[index]
  if (!first || !layer) return undefined
  const { total, fetched, unpacked } = layer
  const names = users.map((pull) => shortName(nameOf(pull))).join(' + ')
  const isRetry = kind === 'downloads' && layer.status === 'retrying'
  return {
    ...{ names, number: String(index + 1) },
    words: kind === 'downloads' ? downloadWords(layer, now) : unpackWords(layer),
    // A retry is seen also where nothing came yet.
    part: Math.max(
      isRetry ? 0.03 : 0,
      total > 0 ? Math.min(1, (kind === 'downloads' ? fetched : unpacked) / total) : 1,
    ),
    state: isRetry ? 'retry' : 'used',
  }
}

function downloadWords({ status, retry, fetched, total }: LayerSnapshot, now: number): string {
  if (status === 'retrying')
    return retry && retry.at > now ? `retry in ${duration((retry.at - now) / 1000)}` : 'retry'
  if (status === 'verifying' || fetched >= total) return 'verifying'
  return `${bytes(fetched)} of ${bytes(total)}`
}

function unpackWords({ fetched, unpacked, total }: LayerSnapshot): string {
  const share = percent(total > 0 ? unpacked / total : 0)
  return fetched < total ? `${share} %, behind the download` : `${share} % of ${bytes(total)}`
}

const Slot = memo(({ number, names, words, part, state }: SlotView): VNode =>
  state === 'free'
    ? html`<div class="slot free">
        <i style=${{ transform: 'scaleX(0)' }}></i><span>free</span><em></em><u></u>
      </div>`
    : html`<div class=${`slot ${state}`}>
        <i key=${number + names} style=${{ transform: `scaleX(${part.toFixed(3)})` }}></i
        ><span>${number}</span><em>${names}</em><u>${words}</u>
      </div>`,
)
