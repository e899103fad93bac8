/** A notice below the head of a pull. Its sentence is an alert; its countdown is not part of it. */
import type { VNode } from 'preact'
import type { PullState } from '../../lib/api/server-state.js'
import type { Notice } from '../facts/notices.js'
import { html } from '../html.js'
import { copy, runNotice } from '../live/actions.js'
import type { Page } from '../live/page.js'
import { icon } from '../parts/icon.js'

interface Props {
  readonly page: Page
  readonly pull: PullState
  readonly notice: Notice
  readonly isOn: boolean
  readonly pending: ReadonlySet<string>
}

export function NoticeBox({ page, pull, notice, isOn, pending }: Props): VNode {
  const { isCalm, title, countdown, text, advice, command, actions } = notice
  const { id } = pull.record
  const isBusy = pending.has(`retry ${id}`) || pending.has(`pause ${id}`)
  const [before, after] = command === undefined ? [advice, ''] : (advice ?? '').split(`\`${command}\``)
  return html`<div class=${isCalm ? 'note calm' : 'note'}>
    ${icon(notice.icon)}
    <p>
      <b
        ><span role=${isCalm ? 'status' : 'alert'}>${title}</span
        >${countdown !== undefined && html`<time>${countdown}</time>`}${countdown !== undefined && !countdown.endsWith('.') && '.'}</b
      >${` ${text}`}
    </p>
    ${advice !== undefined && html`<p class="do">${before}${command !== undefined && html`<button class="cmd" title="Copy" onClick=${() => void copy(page, command, 'The command is copied.')}><code>${command}</code></button>`}${after}</p>`}
    ${
      actions.length > 0 &&
      html`<div class="act">
        ${actions.map(([action, label]) => html`<button key=${action} disabled=${(!isOn || isBusy) && action !== 'copy-error'} onClick=${() => void runNotice(page, pull, action)}>${label}</button>`)}
      </div>`
    }
  </div>`
}
