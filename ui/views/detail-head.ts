/** The head of the detail: name, digest, controls, and how far the pull is. */
import type { VNode } from 'preact'
import type { PullState } from '../../lib/api/server-state.js'
import { bytes, counted, digits, duration, percent, rate, took, unknown } from '../facts/numbers.js'
import { committedCount, digestOf, fetchedOf, isEnded, nameOf, percentText } from '../facts/pull-words.js'
import { Still, html } from '../html.js'
import { cancel, pauseOrResume, setPriority } from '../live/actions.js'
import { icon, imageName } from '../parts/icon.js'
import type { ViewProps } from '../live/view-props.js'

export interface PullProps extends ViewProps {
  readonly pull: PullState
}

export function DetailHead({ page, frame, pull }: PullProps): VNode {
  const { record, snapshot } = pull
  const { id, state, priority } = record
  const digest = digestOf(pull)
  const platform = snapshot.platform ?? record.order.platform ?? 'the platform of this machine'
  const layers = snapshot.layers.length
  // On a phone the detail is the whole view.
  const isAlone = frame.screen.isPhone && frame.sight.isDetail
  const pending = ['pause', 'cancel', 'priority'].map((key) => frame.pending.has(`${key} ${id}`)).join(' ')
  const signature = [
    id,
    nameOf(pull),
    state,
    priority,
    digest,
    platform,
    layers,
    frame.link.state,
    pending,
    isAlone,
  ].join(' ')
  return html`<${Still} signature=${signature} draw=${() => html`<div class="dh">
      <h2 data-heading tabindex="-1" aria-level=${isAlone ? 1 : undefined}>
        ${imageName(nameOf(pull))}
        <small>${platform}${layers > 0 && ` · ${counted(layers, 'layer')}`}${digest !== undefined && html` · <span class="m">sha256:${digits(digest)}</span>`}</small>
      </h2>
      <div class="ctl"><${Controls} page=${page} frame=${frame} pull=${pull} /></div>
    </div>`} />
    <${Figures} pull=${pull} />`
}

const priorities = [
  [1, 'High priority'],
  [0, 'Normal priority'],
  [-1, 'Low priority'],
] as const

function Controls({ page, frame, pull }: PullProps): VNode {
  const { id, state, priority } = pull.record
  const { pending, link } = frame
  const isOff = link.state !== 'connected' || pending.has(`pause ${id}`) || pending.has(`cancel ${id}`)
  if (isEnded(pull)) {
    if (state === 'done')
      return html`<button key="show" onClick=${() => page.open('images', pull.snapshot.result?.name)}>
        Show image
      </button>`
    // The notice has the button.
    if (state === 'failed') return html`<span></span>`
    return html`<button
      key="again"
      class="main"
      data-resume
      disabled=${isOff}
      onClick=${() => void pauseOrResume(page, pull)}
    >
      ${icon('play')}Resume
    </button>`
  }
  const isPaused = state === 'paused'
  return html`<select
      key="priority"
      aria-label="Priority"
      value=${String(Math.sign(priority))}
      disabled=${isOff || pending.has(`priority ${id}`)}
      onChange=${(event: Event) => void setPriority(page, id, Number((event.currentTarget as HTMLSelectElement).value))}
    >
      ${priorities.map(([value, label]) => html`<option key=${value} value=${String(value)}>${label}</option>`)}
    </select>
    <button
      key="pause"
      class=${isPaused ? 'main' : ''}
      disabled=${isOff}
      onClick=${() => void pauseOrResume(page, pull)}
    >
      ${icon(isPaused ? 'play' : 'pause')}<span class="word">${isPaused ? 'Resume' : 'Pause'}</span>
    </button>
    <button key="cancel" disabled=${isOff} onClick=${() => void cancel(page, pull)}>
      ${icon('x')}Cancel
    </button>`
}

/** `52 %`, bytes, rate, time left, layers. Each has a fixed place. */
function Figures({ pull }: { readonly pull: PullState }): VNode {
  const { record, snapshot, samples } = pull
  const known = fetchedOf(pull)
  const isRunning = record.state === 'running'
  const { secondsLeft } = record.progress
  const share = percent(record.progress.fraction, record.state === 'done')
  const left = isRunning && secondsLeft !== null ? duration(secondsLeft) : undefined
  const spent =
    record.endedAt === undefined || record.state === 'interrupted'
      ? undefined
      : took(record.endedAt - record.startedAt)
  const isFailed = record.state === 'failed' && !known
  return html`<div class="big">
    <strong
      role="progressbar"
      aria-label="Progress"
      aria-valuemin="0"
      aria-valuemax="100"
      aria-valuenow=${share}
      aria-valuetext=${left === undefined ? `${share} per cent` : `${share} per cent, ${spoken(left)} left`}
      >${isFailed ? 'Failed' : percentText(pull)}</strong
    >
    <span class="w1"
      >${known ? html`<span><b>${bytes(known.fetched)}</b> of ${bytes(known.total)}</span>` : isFailed ? `after ${spent ?? unknown}, before any layer was asked for` : isRunning ? 'asks for the manifest' : ''}</span
    >
    <span class="w2"
      >${isRunning && known ? html`<b>${rate(samples.at(-1)?.network ?? 0)}</b>` : record.state === 'paused' ? 'holds no slot' : ''}</span
    >
    <span class="w3"
      >${left !== undefined ? html`<span><b>${left}</b> left</span>` : spent !== undefined && !isFailed ? html`<span>after <b>${spent}</b></span>` : ''}</span
    >
    <span
      >${known ? html`<span><b>${committedCount(pull)}</b> of ${counted(snapshot.layers.length, 'layer')} committed</span>` : ''}</span
    >
  </div>`
}

/** `44 seconds`. */
const spoken = (text: string): string =>
  text
    .replace(/\bs\b/, 'seconds')
    .replace(/\bmin\b/, 'minutes')
    .replace(/\bh\b/, 'hours')
