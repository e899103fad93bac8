/** The table of keys, as a dialogue of the browser. */
import { Component, type VNode, createRef } from 'preact'
import { html } from '../html.js'
import { keyTable } from '../live/keys.js'
import type { Page } from '../live/page.js'
import { icon } from '../parts/icon.js'

interface Props {
  readonly page: Page
  readonly isOpen: boolean
  readonly hasKeys: boolean
}

export class KeyTable extends Component<Props> {
  readonly #dialog = createRef<HTMLDialogElement>()

  override shouldComponentUpdate({ isOpen, hasKeys }: Props): boolean {
    return isOpen !== this.props.isOpen || hasKeys !== this.props.hasKeys
  }

  override componentDidUpdate(): void {
    const dialog = this.#dialog.current
    if (this.props.isOpen && !dialog?.open) dialog?.showModal()
    if (!this.props.isOpen && dialog?.open) dialog.close()
  }

  override render({ page, isOpen, hasKeys }: Props): VNode {
    return html`<dialog
      ref=${this.#dialog}
      class="keys"
      aria-labelledby="keys-title"
      onClose=${() => page.look({ hasKeysOpen: false })}
    >
      ${
        isOpen &&
        html` <div class="keys-head">
            <h2 id="keys-title">Keys</h2>
            <button class="bare" aria-label="Close" onClick=${() => page.look({ hasKeysOpen: false })}>
              ${icon('x')}
            </button>
          </div>
          <table>
            <tbody>
              ${keyTable.map(
                ([keys, does]) =>
                  html`<tr key=${keys}>
                    <th scope="row">
                      ${keys.split(' ').map((key) => (key === 'or' ? ' or ' : html`<kbd>${key}</kbd> `))}
                    </th>
                    <td>${does}</td>
                  </tr>`,
              )}
            </tbody>
          </table>
          <label class="switch"
            ><input
              type="checkbox"
              checked=${hasKeys}
              onChange=${(event: Event) => page.prefer({ hasKeys: (event.currentTarget as HTMLInputElement).checked })}
            />
            Single keys are on</label
          >`
      }
    </dialog>`
  }
}
