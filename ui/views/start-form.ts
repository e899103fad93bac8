/** The form that starts a pull. What the server refuses stays in the field, with the reason below. */
import { Component, type VNode } from 'preact'
import type { ServerInfo } from '../../lib/api/shapes.js'
import { html } from '../html.js'
import type { Page } from '../live/page.js'
import { icon } from '../parts/icon.js'

interface Props {
  readonly page: Page
  readonly server: ServerInfo | undefined
  /** The form in the middle of the empty page. */
  readonly isLarge?: boolean
}

interface State {
  readonly image: string
  readonly platform: string | undefined
  readonly problem: { readonly message: string; readonly hint?: string | undefined } | undefined
  readonly isSent: boolean
}

/** Platforms to choose from: that of the host first, then all. */
const platformsOf = (server: ServerInfo | undefined): readonly string[] => [
  ...new Set([server?.platform ?? 'linux/amd64', 'linux/amd64', 'linux/arm64', 'linux/arm/v7']),
]

export class StartForm extends Component<Props, State> {
  override state: State = { image: '', platform: undefined, problem: undefined, isSent: false }

  override shouldComponentUpdate(next: Props, state: State): boolean {
    return next.server !== this.props.server || state !== this.state
  }

  /** Sends what is in the field. Without an image, the field gets the focus. */
  readonly #submit = (event: Event): void => {
    event.preventDefault()
    const { page, server } = this.props
    const image = this.state.image.trim()
    if (image === '') {
      ;(event.currentTarget as HTMLFormElement).querySelector('input')?.focus()
      return
    }
    const platform = this.state.platform ?? platformsOf(server)[0]
    this.setState({ isSent: true, problem: undefined })
    page.client.pull(image, platform === undefined ? {} : { platform }).then(
      (record) => {
        this.setState({ image: '', isSent: false })
        page.look({ view: 'pulls', chosen: record.id, layer: undefined })
        if (location.hash !== '#pulls' && location.hash !== '') location.hash = 'pulls'
      },
      (error: unknown) => {
        const { message, hint } = error as { message: string; hint?: string }
        this.setState({ isSent: false, problem: { message, hint } })
        page.say(message)
      },
    )
  }

  override render({ server, isLarge = false }: Props, { image, platform, problem, isSent }: State): VNode {
    const platforms = platformsOf(server)
    const name = isLarge ? 'large' : 'top'
    return html`<form class=${isLarge ? 'start large' : 'start'} onSubmit=${this.#submit}>
      <input
        data-image-field
        aria-label="Image to pull"
        aria-invalid=${problem ? 'true' : undefined}
        aria-describedby=${problem ? `problem-${name}` : undefined}
        placeholder="Image, such as alpine:3.20"
        autocomplete="off"
        autocapitalize="off"
        spellcheck=${false}
        value=${image}
        onInput=${(event: InputEvent) => this.setState({ image: (event.currentTarget as HTMLInputElement).value, problem: undefined })}
      />
      <select
        aria-label="Platform"
        value=${platform ?? platforms[0]}
        onChange=${(event: Event) => this.setState({ platform: (event.currentTarget as HTMLSelectElement).value })}
      >
        ${platforms.map((each) => html`<option key=${each} value=${each}>${each}</option>`)}
      </select>
      <button class="main" disabled=${isSent}>Pull</button>
      ${
        problem &&
        html`<p class="problem" id=${`problem-${name}`}>
          ${icon('bang')}<span><b>${problem.message}</b> ${problem.hint ?? ''}</span>
        </p>`
      }
    </form>`
  }

  /** Puts a name into the field. */
  fill(image: string): void {
    this.setState({ image, problem: undefined })
  }
}
