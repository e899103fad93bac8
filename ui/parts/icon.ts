/** Icons and names that several views show. */
import type { VNode } from 'preact'
import { splitName } from '../facts/names.js'
import { numbersAndUnits, unknown } from '../facts/numbers.js'
import { html } from '../html.js'

/** An icon of the sprite in index.html. */
export const icon = (name: string): VNode =>
  html`<svg class="i" aria-hidden="true"><use href=${`#i-${name}`} /></svg>`

/** The name of an image: registry and path pale, the last part bold. */
export function imageName(name: string): VNode {
  const { pale, bold } = splitName(name)
  return html`<span class="nm" title=${name}><span>${pale}</span><b>${bold}</b></span>`
}

/** A large figure whose units are smaller. Undefined: not known. */
export const figure = (text: string | undefined): VNode =>
  text === undefined
    ? html`<span class="none">${unknown}</span>`
    : html`<span
        >${numbersAndUnits(text).map(([number, unit], index) => html`<span key=${index}>${index > 0 ? ' ' : ''}${number} <small>${unit}</small></span>`)}</span
      >`
