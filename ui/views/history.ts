/** The pulls that have ended, latest first. */
import { Component, type VNode } from 'preact'
import type { PastPull } from '../../lib/api/shapes.js'
import { bytes, counted, day, rate, took, unknown } from '../facts/numbers.js'
import { causeOf } from '../facts/pull-words.js'
import { html, memo } from '../html.js'
import type { Page } from '../live/page.js'
import { imageName } from '../parts/icon.js'
import type { ViewProps } from '../live/view-props.js'

/** Rows that are shown before `Show more`. */
const pageSize = 100

export class HistoryView extends Component<ViewProps, { readonly filter: string; readonly most: number }> {
  override state = { filter: '', most: pageSize }

  override render({ page, frame }: ViewProps, { filter, most }: { filter: string; most: number }): VNode {
    const { history, state, link } = frame
    const wanted = filter.trim().toLowerCase()
    const found = (history ?? []).filter(({ name, order }) =>
      (name ?? order.image).toLowerCase().includes(wanted),
    )
    return html`<section class="pane">
      <div class="pt">
        <h1 data-heading tabindex="-1">Past pulls</h1>
        <p>
          ${history ? `${counted(history.length, 'pull')}. The last ${state.server?.historySize ?? 1000} are kept in the store.` : 'Reading.'}
        </p>
        <input
          data-find
          aria-label="Filter history"
          placeholder="Filter"
          value=${filter}
          onInput=${(event: InputEvent) => this.setState({ filter: (event.currentTarget as HTMLInputElement).value })}
        />
      </div>
      ${
        history?.length === 0
          ? html`<p class="mid">No pull has ended yet.</p>`
          : html`<table class="his">
              <thead>
                <tr>
                  <th>When</th>
                  <th>Image</th>
                  <th class="opt">Platform</th>
                  <th>Result</th>
                  <th class="r opt">Image size</th>
                  <th class="r">Fetched</th>
                  <th class="r">Took</th>
                  <th class="r opt">Mean</th>
                  <th class="opt">Held by network, disk</th>
                  <th class="opt"><span class="sr">Again</span></th>
                </tr>
              </thead>
              <tbody>
                ${found.slice(0, most).map((past) => html`<${Row} key=${past.id} page=${page} past=${past} today=${new Date(frame.now).setHours(0, 0, 0, 0)} isOn=${link.state === 'connected'} />`)}
              </tbody>
            </table>`
      }
      ${found.length > most && html`<p><button onClick=${() => this.setState({ most: most + pageSize })}>Show more</button></p>`}
    </section>`
  }
}

interface RowProps {
  readonly page: Page
  readonly past: PastPull
  readonly today: number
  readonly isOn: boolean
}

const Row = memo(({ page, past, today, isOn }: RowProps): VNode => {
  const { state, order, name, platform, startedAt, endedAt, size, fetched, error, upToDate } = past
  const time = endedAt - startedAt
  const isFailed = state === 'failed'
  const isInterrupted = state === 'interrupted'
  const result = isFailed
    ? causeOf(error?.code)
    : state === 'done' && upToDate === true
      ? 'up to date'
      : state
  const again = (): void =>
    void page.act(`again ${past.id}`, async (client) => {
      const { image, ...rest } = order
      const next = await client.pull(image, rest)
      page.look({ chosen: next.id, layer: undefined })
      page.open('pulls')
    })
  return html`<tr>
    <td class="mid">${day(endedAt, today)}</td>
    <td class="cut">${imageName(name ?? order.image)}</td>
    <td class="opt dim">${platform ?? order.platform ?? unknown}</td>
    <td class=${isFailed ? 'st bad' : 'mid'} title=${error?.message ?? ''}>${result}</td>
    <td class="r opt">${size === null ? unknown : bytes(size)}</td>
    <td class="r">${fetched === null || fetched === 0 ? unknown : bytes(fetched)}</td>
    <td class="r">${isInterrupted ? unknown : took(time)}</td>
    <td class="r opt">
      ${fetched !== null && fetched > 0 && time > 0 ? rate((fetched / time) * 1000) : unknown}
    </td>
    <td class="opt"><${Held} held=${past.held} time=${time} /></td>
    <td class="r opt">
      ${state !== 'done' && html`<button class="small" disabled=${!isOn} onClick=${again}>Pull again</button>`}
    </td>
  </tr>`
})

const width = 110

/** What held the pull, in small: the network above, unpacking below. */
function Held({ held, time }: { readonly held: PastPull['held']; readonly time: number }): VNode {
  const all = Math.max(time, held.network + held.limit + held.registry + held.unpacking, 1)
  const network = ((held.network + held.limit + held.registry) / all) * width
  const disk = (held.unpacking / all) * width
  const share = (part: number): number => Math.round((part / width) * 100)
  return html`<svg
    class="held"
    viewBox=${`0 0 ${width} 8`}
    role="img"
    aria-label=${`network ${share(network)} %, disk ${share(disk)} %`}
  >
    <path class="base" d=${`M0 7.5H${width}`} />
    <path class="k-down" d=${`M0 0h${network.toFixed(1)}v4H0z`} />
    <path class="k-unpack" d=${`M${network.toFixed(1)} 4h${disk.toFixed(1)}v4h${(-disk).toFixed(1)}z`} />
  </svg>`
}
