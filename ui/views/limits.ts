/** The limits, beside what they limit. A number that the server has not confirmed is pale. */
import { Component, type VNode, createRef } from 'preact'
import { html, memo } from '../html.js'
import { setLimits } from '../live/actions.js'
import type { Page } from '../live/page.js'

interface StepperProps {
  readonly page: Page
  readonly name: 'maxDownloads' | 'maxUnpacks'
  readonly noun: string
  readonly value: number
  readonly isAuto: boolean
  readonly isOn: boolean
  readonly isPending: boolean
}

/** `− slots +`. */
export const Stepper = memo(({ page, name, noun, value, isAuto, isOn, isPending }: StepperProps): VNode => {
  const set = (to: number) => (): void =>
    void setLimits(page, name === 'maxDownloads' ? { maxDownloads: to } : { maxUnpacks: to })
  return html`<span class=${`step${isPending ? ' pending' : ''}`}>
    <button
      aria-label=${`One ${noun} slot less`}
      disabled=${!isOn || isPending || value <= 1}
      onClick=${set(value - 1)}
    >
      −
    </button>
    ${isAuto ? 'auto' : 'slots'}
    <button aria-label=${`One ${noun} slot more`} disabled=${!isOn || isPending} onClick=${set(value + 1)}>
      +
    </button>
  </span>`
})

interface CapProps {
  readonly page: Page
  readonly bytesPerSecond: number | null
  readonly isOn: boolean
}

/** `at most [ ] MB/s`. Enter sets, Escape restores, empty means no limit. */
export class CapField extends Component<CapProps, { readonly isPending: boolean }> {
  override state = { isPending: false }
  readonly #field = createRef<HTMLInputElement>()

  override shouldComponentUpdate(next: CapProps, state: { readonly isPending: boolean }): boolean {
    return (
      next.bytesPerSecond !== this.props.bytesPerSecond ||
      next.isOn !== this.props.isOn ||
      state !== this.state
    )
  }

  override componentDidMount(): void {
    this.#restore()
  }

  override componentDidUpdate(): void {
    if (!this.state.isPending && document.activeElement !== this.#field.current) this.#restore()
  }

  #restore(): void {
    const { bytesPerSecond } = this.props
    if (this.#field.current)
      this.#field.current.value =
        bytesPerSecond === null ? '' : String(Number((bytesPerSecond / 1e6).toFixed(3)))
  }

  readonly #set = async (): Promise<void> => {
    const text = this.#field.current?.value.trim().replace(',', '.') ?? ''
    const megabytes = Number(text)
    const { page } = this.props
    if (text !== '' && !(megabytes > 0)) {
      page.say(`${text} is not a number of megabytes per second.`)
      this.#restore()
      return
    }
    this.setState({ isPending: true })
    const isSet = await setLimits(page, { bytesPerSecond: text === '' ? null : megabytes * 1e6 })
    this.setState({ isPending: false })
    if (!isSet) this.#restore()
  }

  override render({ isOn }: CapProps, { isPending }: { readonly isPending: boolean }): VNode {
    return html`<label class=${`cap${isPending ? ' pending' : ''}`}
      >at most
      <input
        ref=${this.#field}
        inputmode="decimal"
        placeholder="–"
        aria-label="Megabytes per second, at most"
        readonly=${!isOn || isPending}
        onChange=${() => void this.#set()}
        onKeyDown=${(event: KeyboardEvent) => {
          if (event.key === 'Escape') this.#restore()
          if (event.key === 'Enter') this.#field.current?.blur()
        }}
      />
      MB/s</label
    >`
  }
}
