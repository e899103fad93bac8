/** The band of the line: the verdict, three figures, and the gauge of the five stages. */
import type { VNode } from 'preact'
import { duration, rate, bytes } from '../facts/numbers.js'
import { html } from '../html.js'
import { setLimits } from '../live/actions.js'
import { figure } from '../parts/icon.js'
import type { ViewProps } from '../live/view-props.js'
import { Gauge } from './gauge.js'

export function LineBand({ page, frame }: ViewProps): VNode {
  const { verdict, network, counts, freeBytes, link, state } = frame
  const { suggestion } = verdict
  const isKnown = state.server !== undefined
  return html`<section class="line" aria-label="The line: all pulls">
    <div class="verdict">
      <div>
        <h1>${isKnown ? verdict.title : link.state === 'refused' ? 'Nothing to show.' : '\u00a0'}</h1>
        <p>
          <span>${isKnown ? verdict.reason : ''}</span>
          ${isKnown && suggestion && html`<button disabled=${link.state !== 'connected'} onClick=${() => void setLimits(page, suggestion.change)}>${suggestion.label}</button>`}
        </p>
      </div>
      <dl class="figs">
        <div>
          <dt>Download</dt>
          <dd>${figure(isKnown ? rate(network) : undefined)}</dd>
        </div>
        <div>
          <dt>Time left, all pulls</dt>
          <dd>${figure(counts.secondsLeft === undefined ? undefined : duration(counts.secondsLeft))}</dd>
        </div>
        <div>
          <dt>Free on disk</dt>
          <dd>${figure(freeBytes === undefined ? undefined : bytes(freeBytes))}</dd>
        </div>
      </dl>
    </div>
    <${Gauge} page=${page} frame=${frame} />
  </section>`
}
