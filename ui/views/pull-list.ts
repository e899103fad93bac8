/** The list of pulls, in the order of their start, and the earlier ones of the day. */
import { Component, type VNode } from 'preact'
import type { PullState } from '../../lib/api/server-state.js'
import type { PastPull } from '../../lib/api/shapes.js'
import type { LayerSnapshot, PullPhase } from '../../lib/events/snapshot-state.js'
import { type SharedLayers, isCommitted } from '../facts/lines.js'
import { day, took } from '../facts/numbers.js'
import { bytesText, causeOf, isEnded, nameOf, percentText, stateWord, timeText } from '../facts/pull-words.js'
import { stripPaths } from '../facts/strip-paths.js'
import { html, memo } from '../html.js'
import type { Screen } from '../live/frame.js'
import type { Page } from '../live/page.js'
import { imageName } from '../parts/icon.js'
import type { ViewProps } from '../live/view-props.js'

/** Number of earlier pulls that are listed. */
const maxEarlier = 8

export function PullList({ page, frame }: ViewProps): VNode {
  const { state, sight, shared, screen, history } = frame
  const width = stripWidth(screen)
  return html`<div class="side">
    <nav aria-label="Pulls">
      <ul class="list">
        ${state.pulls.map(
          (pull) =>
            html`<${Card}
              key=${pull.record.id}
              page=${page}
              pull=${pull}
              isChosen=${pull.record.id === sight.chosen}
              shared=${shared.get(pull.record.id)}
              width=${width}
            />`,
        )}
      </ul>
    </nav>
    <${Earlier}
      page=${page}
      history=${history}
      pulls=${state.pulls.map(({ record }) => record.id).join(' ')}
      hasEnded=${state.pulls.some(isEnded)}
      isOn=${frame.link.state === 'connected'}
      day=${new Date(frame.now).setHours(0, 0, 0, 0)}
    />
  </div>`
}

function stripWidth({ width, isPhone, isStacked, isWide }: Screen): number {
  if (isPhone) return width - 32
  return isStacked ? width - 48 : (isWide ? 380 : 312) - 41
}

interface CardProps {
  readonly page: Page
  readonly pull: PullState
  readonly isChosen: boolean
  readonly shared: SharedLayers | undefined
  readonly width: number
}

function card({ page, pull, isChosen, shared, width }: CardProps): VNode {
  const { id } = pull.record
  const word = stateWord(pull)
  return html`<li>
    <button class="pull" data-pull=${id} aria-current=${isChosen ? 'true' : undefined} onClick=${() => page.choose(id)}>
      <${CardText} name=${nameOf(pull)} word=${word.text} isBad=${word.isBad} percent=${percentText(pull)} bytes=${bytesText(pull)} time=${timeText(pull)} />
      <${Strip} layers=${pull.snapshot.layers} phase=${pull.snapshot.phase} failed=${pull.snapshot.error?.digest} shared=${shared} sharedSize=${shared?.size ?? 0} width=${width} />
    </button>
  </li>`
}

/** A card is drawn when its pull has changed. */
const Card = memo(card)

interface CardTextProps {
  readonly name: string
  readonly word: string
  readonly isBad: boolean
  readonly percent: string
  readonly bytes: string
  readonly time: string
}

const CardText = memo(
  ({ name, word, isBad, percent, bytes, time }: CardTextProps): VNode =>
    html`<span class="n">${imageName(name)}<span class=${isBad ? 'st bad' : 'st'}>${word}</span></span>
      <span class="f"><b>${percent}</b><span>${bytes}</span><span>${time}</span></span>`,
)

interface StripProps {
  readonly layers: readonly LayerSnapshot[]
  readonly phase: PullPhase
  /** Digest of the layer that the pull failed with. */
  readonly failed: string | undefined
  readonly shared: SharedLayers | undefined
  readonly sharedSize: number
  readonly width: number
}

/** The strip is drawn when the layers, or the number of shared ones, have changed. */
class Strip extends Component<StripProps> {
  override shouldComponentUpdate({ layers, phase, sharedSize, width }: StripProps): boolean {
    const before = this.props
    return (
      layers !== before.layers ||
      phase !== before.phase ||
      sharedSize !== before.sharedSize ||
      width !== before.width
    )
  }

  override render({ layers, phase, failed, shared, width }: StripProps): VNode {
    if (layers.length === 0) {
      const isFailed = phase === 'failed'
      return html`<svg class="strip" viewBox=${`0 0 ${width} 18`} role="img" aria-label=${isFailed ? 'No plan' : 'The layers are not known yet'}>
        <path class="k-unplanned" d=${`M0 16.5H${width}`} /><path class="k-cross" d=${isFailed ? 'M1 4l8 8m0-8l-8 8' : ''} />
      </svg>`
    }
    const paths = stripPaths(layers, width, shared, phase === 'failed' ? failed : undefined)
    return html`<svg class="strip" viewBox=${`0 0 ${width} 18`} role="img" aria-label=${`${layers.filter(isCommitted).length} of ${layers.length} layers committed`}>
      <path class="k-base" d=${paths.base} /><path class="k-done" d=${paths.done} /><path class="k-here" d=${paths.here} /><path class="k-down" d=${paths.down} />
      <path class="k-waiting" d=${paths.ready} /><path class="k-unpack" d=${paths.unpack} /><path class="k-shared" d=${paths.shared} /><path class="k-failed" d=${paths.bad} />
    </svg>`
  }
}

interface EarlierProps {
  readonly page: Page
  readonly history: readonly PastPull[] | undefined
  /** Ids of the pulls in the list. */
  readonly pulls: string
  readonly hasEnded: boolean
  readonly isOn: boolean
  /** Midnight. */
  readonly day: number
}

const Earlier = memo(({ page, history = [], pulls, hasEnded, isOn, day: midnight }: EarlierProps): VNode => {
  const listed = new Set(pulls.split(' '))
  const earlier = history.filter(
    ({ id, endedAt, state }) => endedAt >= midnight && !listed.has(id) && state !== 'interrupted',
  )
  return html`<section class="earlier" aria-label="Earlier pulls">
    <h3>
      ${earlier.length > 0 ? 'Earlier today' : ''}${hasEnded && html`<button class="small" disabled=${!isOn} onClick=${() => void page.act('clear', (client) => client.clear())}>Clear ended</button>`}
    </h3>
    <ul>
      ${earlier.slice(0, maxEarlier).map((past) => html`<li key=${past.id}><span class="dim">${day(past.endedAt, Date.now())}</span>${imageName(past.name ?? past.order.image)}<span class="mid">${resultOf(past)}</span></li>`)}
    </ul>
  </section>`
})

/** `14 s`, `cancelled`, or why it failed. */
const resultOf = ({ state, startedAt, endedAt, error }: PastPull): string =>
  state === 'done' ? took(endedAt - startedAt) : state === 'failed' ? causeOf(error?.code) : state
