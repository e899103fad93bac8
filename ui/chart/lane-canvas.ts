/** Draws the lanes of an image with very many layers on a canvas, from the same paths. */
import { Component, type VNode, createRef } from 'preact'
import type { ChartLayout } from '../facts/chart-layout.js'
import { type LanePaths, type MarkKind, markKinds } from '../facts/lane-paths.js'
import { html } from '../html.js'

/** Number of layers above which paths of SVG cost too much. */
export const maxLanePaths = 300

/** Colour of a kind: a custom property, and whether the path is a line. */
const paint: Readonly<Record<MarkKind, readonly [colour: string, isLine: boolean]>> = {
  pause: ['line', false],
  wait: ['done', true],
  ready: ['disk', true],
  shared: ['net', true],
  here: ['done', true],
  down: ['net', false],
  retry: ['bad', false],
  verify: ['ink', false],
  unpack: ['disk', false],
  hatched: ['disk', false],
  commit: ['ink', false],
}

interface Props {
  readonly paths: LanePaths
  readonly layout: ChartLayout
}

export class LaneCanvas extends Component<Props> {
  readonly #canvas = createRef<HTMLCanvasElement>()

  override componentDidMount(): void {
    this.#draw()
  }

  override componentDidUpdate(): void {
    this.#draw()
  }

  #draw(): void {
    const canvas = this.#canvas.current
    const context = canvas?.getContext('2d')
    if (!canvas || !context) return
    const style = getComputedStyle(canvas)
    const { paths, layout } = this.props
    context.setTransform(devicePixelRatio, 0, 0, devicePixelRatio, 0, 0)
    context.clearRect(0, 0, layout.width, layout.height)
    for (const kind of markKinds) {
      const [name, isLine] = paint[kind]
      const colour = style.getPropertyValue(`--${name}`).trim()
      context.setLineDash(kind === 'wait' ? [1, 4] : [])
      context.strokeStyle = context.fillStyle = colour
      if (isLine) context.stroke(new Path2D(paths[kind]))
      else context.fill(new Path2D(paths[kind]))
    }
  }

  override render({ layout }: Props): VNode {
    return html`<canvas
      class="lanes"
      ref=${this.#canvas}
      width=${layout.width * devicePixelRatio}
      height=${layout.height * devicePixelRatio}
      style=${{ width: `${layout.width}px`, height: `${layout.height}px` }}
      aria-hidden="true"
    ></canvas>`
  }
}
