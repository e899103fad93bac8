/** The picture of what images share: rows are images, blocks are layers, and a block across rows is stored once for all of them. */
import type { VNode } from 'preact'
import type { StoredImage } from '../../lib/api/shapes.js'
import { splitName } from '../facts/names.js'
import { bytes, digits } from '../facts/numbers.js'
import { type PlacedBlock, type Sharing, placeBlocks } from '../facts/sharing.js'
import { html, memo } from '../html.js'

interface Props {
  readonly sharing: Sharing
  readonly chosen: StoredImage | undefined
  readonly width: number
}

const head = 27
const row = 34
/** Pixels of a character of the labels, about. */
const letterWidth = 6.3

export const SharingPicture = memo(({ sharing, chosen, width }: Props): VNode => {
  const blocks = placeBlocks(sharing.blocks, width - 76)
  const on = new Set(chosen?.layers.map(({ digest }) => digest))
  return html`<svg
    class="ice"
    width=${width}
    height=${head + sharing.images.length * row}
    role="img"
    aria-label="Layers, base on the left; a block that spans rows is shared by those images"
  >
    <text class="t" x="0" y="17">
      Layers, base on the left. A block across rows is stored once for all of them. Wider is larger, not to
      scale.
    </text>
    ${blocks.map((block, index) => html`<${Block} key=${index} block=${block} isOn=${on.has(block.digest)} label=${labelOf(block, sharing)} isLast=${isLast(block, blocks)} />`)}
  </svg>`
})

/** The name of the image that a shared block ends, if it is one; otherwise the first digits of the layer. */
function labelOf(block: PlacedBlock, { images }: Sharing): string {
  const image = images[block.row]
  const isWhole = image?.layers.length === block.depth + 1
  const name = isWhole ? (image.name ?? image.entry) : undefined
  const text = name === undefined ? digits(block.digest, 8) : splitName(name).bold
  return block.letter === undefined ? text : `${block.letter}: ${text}`
}

const isLast = (block: PlacedBlock, blocks: readonly PlacedBlock[]): boolean =>
  !blocks.some(({ row: at, depth }) => at === block.row && depth > block.depth)

interface BlockProps {
  readonly block: PlacedBlock
  readonly isOn: boolean
  readonly label: string
  readonly isLast: boolean
}

function Block({ block, isOn, label, isLast: hasSize }: BlockProps): VNode {
  const { x, width, rows, size } = block
  const y = head + block.row * row
  const isShared = rows > 1 || block.letter !== undefined
  const height = rows * row
  const lines =
    rows > 1
      ? [...wrapped(label, width - 14), bytes(size), `${rows} images`].slice(0, Math.floor((height - 8) / 14))
      : [label.length * letterWidth < width - 14 ? label : bytes(size)]
  return html`<g class=${isOn ? 'on' : ''}>
    <rect
      class=${isShared ? 'b sh' : 'b'}
      x=${(x + 0.5).toFixed(1)}
      y=${y + 3.5}
      width=${(width - 4).toFixed(1)}
      height=${height - 7}
    />
    ${lines.map((line, index) => html`<text key=${index} class=${index > 0 ? 't' : ''} x=${(x + 8).toFixed(1)} y=${y + (rows > 1 ? 20 : 21) + index * 14}>${line}</text>`)}
    ${hasSize && rows === 1 && html`<text class="t" x=${(x + width + 4).toFixed(1)} y=${y + 21}>${bytes(size)}</text>`}
  </g>`
}

/** Breaks a label into lines of `width` pixels at hyphens, colons and spaces. */
function wrapped(label: string, width: number): readonly string[] {
  const lines: string[] = ['']
  for (const part of label.split(/(?<=[-: /])/)) {
    const last = lines.at(-1) ?? ''
    if (last !== '' && (last + part).length * letterWidth > width) lines.push(part)
    else lines[lines.length - 1] = last + part
  }
  return lines.slice(0, 2)
}
