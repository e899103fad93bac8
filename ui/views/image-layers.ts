/** The layers of one image, with what can be done to it. */
import type { VNode } from 'preact'
import type { StoredImage } from '../../lib/api/shapes.js'
import { shortName, splitName } from '../facts/names.js'
import { bytes, counted, digits, unknown } from '../facts/numbers.js'
import { html, memo } from '../html.js'
import { copy } from '../live/actions.js'
import type { Page } from '../live/page.js'
import { imageName } from '../parts/icon.js'

interface Props {
  readonly page: Page
  readonly image: StoredImage
  readonly images: readonly StoredImage[]
  readonly isOn: boolean
  readonly pending: ReadonlySet<string>
}

/** Image whose removal asks for a second press. */
export function ImageLayers({ page, image, images, isOn, pending }: Props): VNode {
  const { name, digest, usedBy, problem, entry } = image
  const isUsed = usedBy.length > 0
  const key = `remove ${entry}`
  return html`<div>
    <div class="crumb">
      <h2>${imageName(name ?? entry)}</h2>
      ${problem && html`<button class="small" disabled=${!isOn || !name} onClick=${() => name !== undefined && void page.act('repair', (client) => client.pull(name, { refresh: true }))}>Repair</button>`}
      ${name !== undefined && html`<button class="small" disabled=${!isOn || isUsed || pending.has(key)} title=${isUsed ? 'A pull uses the image.' : ''} onClick=${() => void page.act(key, (client) => client.removeImage(name))}>Remove name</button>`}
    </div>
    <p class="mid under">
      ${isUsed ? `In use by ${counted(usedBy.length, 'running pull')}. ` : ''}${problem ? html`<span class="st bad">${problem.why}</span>` : ''}
      ${digest !== undefined && html`<button class="m link" title="Copy the digest" onClick=${() => void copy(page, digest, 'The digest is copied.')}>sha256:${digits(digest)}</button>`}
    </p>
    <${LayerTable} image=${image} images=${images} />
  </div>`
}

const LayerTable = memo(
  ({ image, images }: { readonly image: StoredImage; readonly images: readonly StoredImage[] }): VNode => {
    return html`<table>
      <thead>
        <tr>
          <th class="r no">#</th>
          <th>Layer</th>
          <th class="r">Size</th>
          <th>Shared with</th>
        </tr>
      </thead>
      <tbody>
        ${image.layers.map(
          ({ digest, size }, index) =>
            html`<tr key=${index}>
              <td class="r dim">${index + 1}</td>
              <td class="m cut">sha256:${digits(digest)}</td>
              <td class="r">${bytes(size)}</td>
              <td class="mid">${sharersOf(image, images, digest)}</td>
            </tr>`,
        )}
      </tbody>
    </table>`
  },
)

/** `4 images`, the only other one by its name, or `–`. */
function sharersOf(image: StoredImage, images: readonly StoredImage[], digest: string): string {
  const others = images.filter(
    (each) => each.entry !== image.entry && each.layers.some((layer) => layer.digest === digest),
  )
  const [only] = others
  if (!only) return unknown
  if (others.length > 1) return `${others.length} images`
  const { bold } = splitName(only.name ?? only.entry)
  return bold.length < 24 ? bold : shortName(bold)
}
