/** The files of an image, one directory at a time, or those that a search finds. */
import { Component, type VNode } from 'preact'
import type { StoredFile, StoredFiles, StoredImage } from '../../lib/api/shapes.js'
import { baseName, isDirectory, modeText, sortedFiles, warningOf } from '../facts/file-words.js'
import { bytes, unknown } from '../facts/numbers.js'
import { html, memo } from '../html.js'
import type { Page } from '../live/page.js'
import { icon } from '../parts/icon.js'

interface Props {
  readonly page: Page
  readonly image: StoredImage
}

interface State {
  readonly path: string
  readonly find: string
  readonly files: StoredFiles | undefined
  readonly problem: string | undefined
  readonly from: number
}

/** Rows that are made at once; the others come when they are scrolled to. */
const maxRows = 200
const rowHeight = 26
/** Milliseconds after the last key before a search. */
const typingTime = 250

export class Files extends Component<Props, State> {
  override state: State = { path: '/', find: '', files: undefined, problem: undefined, from: 0 }
  #asked = 0
  #timer = 0

  override shouldComponentUpdate(next: Props, state: State): boolean {
    return next.image !== this.props.image || state !== this.state
  }

  override componentDidMount(): void {
    void this.#load()
  }

  override componentWillUnmount(): void {
    this.#asked = -1
    clearTimeout(this.#timer)
  }

  async #load(): Promise<void> {
    const { page, image } = this.props
    const { path, find } = this.state
    const asked = ++this.#asked
    const change = await page.client
      .files(image.name ?? image.entry, find === '' ? { path } : { path: '/', find })
      .then(
        (files) => ({ files: { ...files, files: [...sortedFiles(files.files)] }, problem: undefined }),
        (error: unknown) => ({
          files: undefined,
          problem: error instanceof Error ? error.message : String(error),
        }),
      )
    if (asked === this.#asked) this.setState({ ...change, from: 0 })
  }

  readonly #open = (path: string): void => {
    this.setState({ path, find: '' }, () => void this.#load())
  }

  readonly #find = (event: InputEvent): void => {
    const find = (event.currentTarget as HTMLInputElement).value
    clearTimeout(this.#timer)
    this.setState({ find })
    this.#timer = setTimeout(() => void this.#load(), typingTime)
  }

  override render({ image }: Props, { path, find, files, problem, from }: State): VNode {
    const all = files?.files ?? []
    const isVirtual = all.length > maxRows
    const shown = isVirtual ? all.slice(from, from + maxRows) : all
    return html`<div>
      <div class="crumb">
        <h2>Files</h2>
        <${Crumbs} path=${path} onOpen=${this.#open} />
        <input
          aria-label=${`Find a file in ${image.name ?? image.entry}`}
          placeholder="Find a file"
          value=${find}
          onInput=${this.#find}
        />
      </div>
      <p class="mid under">${noteOf(files, problem, find)}</p>
      <div
        class=${isVirtual ? 'file-box virtual' : 'file-box'}
        tabindex=${isVirtual ? 0 : undefined}
        onScroll=${(event: Event) => this.#scroll(event)}
      >
        <table>
          <thead>
            <tr>
              <th>Name</th>
              <th class="opt">Mode</th>
              <th class="r">Size</th>
              <th class="r">From layer</th>
            </tr>
          </thead>
          <tbody>
            ${
              isVirtual &&
              html`<tr key="above" aria-hidden="true">
                <td class="space" colspan="4" style=${{ height: `${from * rowHeight}px` }}></td>
              </tr>`
            }
            ${shown.map((file) => html`<${Row} key=${file.path} file=${file} isWhole=${find !== ''} onOpen=${this.#open} />`)}
            ${
              isVirtual &&
              html`<tr key="below" aria-hidden="true">
                <td
                  class="space"
                  colspan="4"
                  style=${{ height: `${(all.length - from - shown.length) * rowHeight}px` }}
                ></td>
              </tr>`
            }
          </tbody>
        </table>
      </div>
    </div>`
  }

  #scroll(event: Event): void {
    const top = (event.currentTarget as Element).scrollTop
    const from = Math.max(0, Math.floor(top / rowHeight / 50) * 50 - 50)
    if (from !== this.state.from) this.setState({ from })
  }
}

function noteOf(files: StoredFiles | undefined, problem: string | undefined, find: string): string {
  if (problem !== undefined) return problem
  if (!files) return 'Reading.'
  if (files.files.length === 0) return find === '' ? 'The directory is empty.' : 'No path contains this.'
  if (files.isCut) return `The first ${files.files.length} of more.`
  return find === '' ? '' : `${files.files.length} found.`
}

function Crumbs({ path, onOpen }: { readonly path: string; readonly onOpen: (path: string) => void }): VNode {
  const parts = path.split('/').filter(Boolean)
  return html`<span class="m mid crumbs"
    ><button class="link" onClick=${() => onOpen('/')}>/</button
    >${parts.map((part, index) => html`<button key=${index} class="link" onClick=${() => onOpen(`/${parts.slice(0, index + 1).join('/')}`)}>${part}${index < parts.length - 1 ? '/' : ''}</button>`)}</span
  >`
}

interface RowProps {
  readonly file: StoredFile
  /** Whether the whole path is shown. */
  readonly isWhole: boolean
  readonly onOpen: (path: string) => void
}

const Row = memo(({ file, isWhole, onOpen }: RowProps): VNode => {
  const isFolder = isDirectory(file)
  const name = isWhole ? file.path : baseName(file.path)
  const warning = warningOf(file)
  return html`<tr>
    <td class="m cut">
      ${isFolder ? html`<button class="link fr" onClick=${() => onOpen(file.path)}>${icon('dir')}${name}</button>` : html`<span class="fr">${icon('file')}${name}${file.target !== undefined && html`${icon('link')}<span class="dim">${file.target}</span>`}</span>`}
    </td>
    <td class="m opt dim">
      ${warning !== undefined && html`<span class="warn-word">${warning} </span>`}${modeText(file)}
    </td>
    <td class="r">${isFolder || file.size === 0 ? unknown : bytes(file.size)}</td>
    <td class="r mid">${file.layer > 0 ? file.layer : unknown}</td>
  </tr>`
})
