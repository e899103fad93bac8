/** The legend of the marks: always there, so that nothing needs a pointer. */
import type { VNode } from 'preact'
import { html, memo } from '../html.js'

const marks: readonly (readonly [
  words: string,
  width: number,
  paths: readonly (readonly [kind: string, d: string])[],
])[] = [
  ['waits for a slot', 22, [['k-wait', 'M0 4.5H22']]],
  ['downloading', 22, [['k-down', 'M0 1h22v4H0z']]],
  [
    'verified',
    22,
    [
      ['k-down', 'M0 1h19v4H0z'],
      ['k-verify', 'M19 1h3v4h-3z'],
    ],
  ],
  ['waits to unpack', 22, [['k-ready', 'M0 6.5H22']]],
  ['unpacking', 22, [['k-hatched', 'M0 4h22v5H0z']]],
  [
    'committed',
    22,
    [
      ['k-unpack', 'M0 4h19v4H0z'],
      ['k-commit', 'M19 0h3v8h-3z'],
    ],
  ],
  ['retrying', 22, [['k-retry', 'M0 1h22v5H0z']]],
  ['shared', 22, [['k-shared', 'M.5 1h21v7H.5z']]],
  ['already here', 9, [['k-here', 'M.5 1h7v7h-7z']]],
]

/** The legend. It never changes. */
export const Legend = memo(
  (): VNode =>
    html`<ul class="legend" aria-label="What the marks mean">
      ${marks.map(
        ([words, width, paths]) =>
          html`<li key=${words}>
            <svg class=${width < 22 ? 'sq' : ''} viewBox=${`0 0 ${width} 9`} aria-hidden="true">
              ${paths.map(([kind, d]) => html`<path key=${kind} class=${kind} d=${d} />`)}</svg
            >${words}
          </li>`,
      )}
    </ul>`,
)
