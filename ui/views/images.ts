/** The images of the store: what they are, what they share, and their files. */
import { Component, type VNode } from 'preact'
import type { StoredImage, StoredImages, TaskRecord } from '../../lib/api/shapes.js'
import { ago, bytes, counted, unknown } from '../facts/numbers.js'
import { type Sharing, sharingOf } from '../facts/sharing.js'
import { html } from '../html.js'
import { imageName } from '../parts/icon.js'
import type { ViewProps } from '../live/view-props.js'
import { Files } from './files.js'
import { ImageLayers } from './image-layers.js'
import { SharingPicture } from './sharing-picture.js'

interface State {
  readonly filter: string
}

export const labelOf = ({ name, entry }: StoredImage): string => name ?? entry

export class ImagesView extends Component<ViewProps, State> {
  override state: State = { filter: '' }
  #stored: StoredImages | undefined
  #filter = ''
  #sharing: Sharing = { images: [], blocks: [] }

  override render({ page, frame }: ViewProps, { filter }: State): VNode {
    const { images: stored, sight, screen, state, pending } = frame
    if (!stored)
      return html`<section class="pane">
        <div class="pt">
          <h1 data-heading tabindex="-1">Images</h1>
          <p>${frame.link.state === 'refused' ? '' : 'Reading the store.'}</p>
        </div>
      </section>`
    if (this.#stored !== stored || this.#filter !== filter) {
      const wanted = filter.trim().toLowerCase()
      this.#stored = stored
      this.#filter = filter
      this.#sharing = sharingOf(
        stored.images.filter((image) => labelOf(image).toLowerCase().includes(wanted)),
      )
    }
    const { images } = this.#sharing
    const chosen =
      images.find(({ entry }) => entry === sight.image) ??
      images.find(({ name }) => name === sight.image) ??
      images[0]
    const pictureWidth =
      screen.width - 48 - (screen.isStacked ? 0 : Math.max(470, ((screen.width - 48) * 1) / 2.25))
    return html`<section class="pane">
      <div class="pt">
        <h1 data-heading tabindex="-1">${counted(stored.images.length, 'image')}, ${bytes(stored.size)}</h1>
        <${Summary}
          page=${page}
          stored=${stored}
          task=${state.tasks.findLast(({ kind }) => kind === 'collect')}
          isBusy=${pending.has('collect')}
        />
        <input
          data-find
          aria-label="Filter images"
          placeholder="Filter"
          value=${filter}
          onInput=${(event: InputEvent) => this.setState({ filter: (event.currentTarget as HTMLInputElement).value })}
        />
      </div>
      ${
        stored.images.length === 0
          ? html`<p class="mid">The store has no image yet. A pull puts one here.</p>`
          : html`<div class="imgs">
              <table>
                <thead>
                  <tr>
                    <th>Image</th>
                    <th class="opt">Platform</th>
                    <th class="r">Size</th>
                    <th class="r">Only here</th>
                    <th class="r opt">Layers</th>
                    <th class="r opt">Used</th>
                  </tr>
                </thead>
                <tbody>
                  ${images.map((image) => html`<${ImageRow} key=${image.entry} page=${page} image=${image} isChosen=${image === chosen} now=${frame.now} />`)}
                </tbody>
              </table>
              ${!screen.isPhone && html`<${SharingPicture} sharing=${this.#sharing} chosen=${chosen} width=${Math.floor(pictureWidth)} />`}
            </div>`
      }
      ${
        chosen &&
        html`<div class="two">
          <${ImageLayers}
            page=${page}
            image=${chosen}
            images=${stored.images}
            isOn=${frame.link.state === 'connected'}
            pending=${pending}
          />
          <${Files} key=${chosen.entry} page=${page} image=${chosen} />
        </div>`
      }
    </section>`
  }
}

interface SummaryProps {
  readonly page: ViewProps['page']
  readonly stored: StoredImages
  readonly task: TaskRecord | undefined
  readonly isBusy: boolean
}

/** `18 layers. Sharing saves 2.9 GB. 214 MB belong to no name. [Collect]` */
function Summary({ page, stored, task, isBusy }: SummaryProps): VNode {
  const layers = new Set(stored.images.flatMap((image) => image.layers.map(({ digest }) => digest))).size
  const saved = stored.sizeUnshared - stored.size
  const isRunning = task?.state === 'running'
  const isFreed = task?.state === 'done' && task.bytes !== undefined && task.bytes > 0
  return html`<p>
    ${counted(layers, 'layer')}. ${saved > 0 ? html`<span>Sharing saves <b>${bytes(saved)}</b>.</span>` : 'No layer is shared.'}
    ${stored.unneeded > 0 && html`<span> ${bytes(stored.unneeded)} belong to no name. <button class="small" disabled=${isBusy || isRunning} onClick=${() => void page.act('collect', (client) => client.collect())}>${isRunning ? collecting(task) : 'Collect'}</button></span>`}
    ${stored.unneeded === 0 && isFreed && ` ${bytes(task.bytes ?? 0)} were freed.`}
    ${task?.state === 'failed' && html`<span class="st bad"> ${task.error?.message ?? 'Collecting failed.'}</span>`}
  </p>`
}

/** `Collecting: 1.2 GB freed`. */
const collecting = ({ bytes: freed = 0 }: TaskRecord): string =>
  freed > 0 ? `Collecting: ${bytes(freed)} freed` : 'Collecting'

interface RowProps {
  readonly page: ViewProps['page']
  readonly image: StoredImage
  readonly isChosen: boolean
  readonly now: number
}

function ImageRow({ page, image, isChosen, now }: RowProps): VNode {
  const { platform, size, onlyHere, layers, lastUsedAt, problem, entry } = image
  return html`<tr class=${isChosen ? 'sel' : ''}>
    <td>
      <button
        class="row-name"
        aria-pressed=${isChosen ? 'true' : 'false'}
        onClick=${() => page.look({ image: entry })}
      >
        ${imageName(labelOf(image))}</button
      >${problem && html` <span class="st bad" title=${problem.why}>damaged</span>`}
    </td>
    <td class="opt dim">${platform ?? unknown}</td>
    <td class="r">${size === undefined ? unknown : bytes(size)}</td>
    <td class="r mid">${onlyHere > 0 ? bytes(onlyHere) : unknown}</td>
    <td class="r opt">${layers.length || unknown}</td>
    <td class="r opt dim">${lastUsedAt === undefined ? unknown : ago(lastUsedAt, now)}</td>
  </tr>`
}
