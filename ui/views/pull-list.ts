/** The list of pulls, in the order of their start, and the earlier ones of the day. */
import type { VNode } from 'preact'
import type { PullState } from '../../lib/api/server-state.js'
import type { PastPull } from '../../lib/api/shapes.js'
import type { SharedLayers } from '../facts/lines.js'
import { day, took } from '../facts/numbers.js'
import {
  bytesText,
  causeOf,
  committedCount,
  isEnded,
  nameOf,
  percentText,
  stateWord,
  timeText,
} from '../facts/pull-words.js'
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
    <button
      class="pull"
      data-pull=${id}
      aria-current=${isChosen ? 'true' : undefined}
      onClick=${() => page.choose(id)}
    >
      <span class="n"
        >${imageName(nameOf(pull))}<span class=${word.isBad ? 'st bad' : 'st'}>${word.text}</span></span
      >
      <span class="f"
        ><b>${percentText(pull)}</b><span>${bytesText(pull)}</span><span>${timeText(pull)}</span></span
      >
      <${Strip} pull=${pull} shared=${shared} width=${width} />
    </button>
  </li>`
}

/** A card is drawn when its pull has changed. */
const Card = memo(card)

interface StripProps {
  readonly pull: PullState
  readonly shared: SharedLayers | undefined
  readonly width: number
}

function Strip({ pull, shared, width }: StripProps): VNode {
  const { layers, error, phase } = pull.snapshot
  if (layers.length === 0) {
    const isFailed = phase === 'failed'
    return html`<svg
      class="strip"
      viewBox=${`0 0 ${width} 18`}
      role="img"
      aria-label=${isFailed ? 'No plan' : 'The layers are not known yet'}
    >
      <path class="k-unplanned" d=${`M0 16.5H${width}`} />
      <path class="k-cross" d=${isFailed ? 'M1 4l8 8m0-8l-8 8' : ''} />
    </svg>`
  }
  const paths = stripPaths(layers, width, shared, phase === 'failed' ? error?.digest : undefined)
  return html`<svg
    class="strip"
    viewBox=${`0 0 ${width} 18`}
    role="img"
    aria-label=${`${committedCount(pull)} of ${layers.length} layers committed`}
  >
    <path class="k-base" d=${paths.base} />
    <path class="k-done" d=${paths.done} />
    <path class="k-here" d=${paths.here} />
    <path class="k-down" d=${paths.down} />
    <path class="k-waiting" d=${paths.ready} />
    <path class="k-unpack" d=${paths.unpack} />
    <path class="k-shared" d=${paths.shared} />
    <path class="k-failed" d=${paths.bad} />
  </svg>`
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
