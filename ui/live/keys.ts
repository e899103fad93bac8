/** The keys of the page. Single keys act outside fields only, and can be switched off. */
import { cancel, pauseOrResume, setLimits } from './actions.js'
import type { View } from './frame.js'
import type { Page } from './page.js'
import { isDark } from './preferences.js'

/** Rows of the table of keys. */
export const keyTable: readonly (readonly [keys: string, does: string])[] = [
  ['n or /', 'image field; find, in Images'],
  ['j k', 'next, previous pull'],
  ['p', 'pause or resume'],
  ['x', 'cancel'],
  ['↑ ↓ PgUp PgDn Home End', 'choose a lane, while the lanes have the focus'],
  ['+ −', 'one download slot more, less; with Shift unpack slots'],
  ['r', 'compact or rows'],
  ['1 2 3', 'Pulls, Images, History'],
  ['t', 'light or dark'],
  ['?', 'this table'],
  ['Esc', 'leave a field; close the detail on a phone'],
]

const views: Readonly<Record<string, View>> = { 1: 'pulls', 2: 'images', 3: 'history' }

/** Listens to keys. */
export function listenToKeys(page: Page): void {
  document.addEventListener('keydown', (event) => {
    const target = event.target as HTMLElement
    const isField = target.matches('input, select, textarea')
    if (event.key === 'Escape') {
      if (isField) target.blur()
      else if (page.sight.isDetail) history.back()
      return
    }
    if (isField || event.ctrlKey || event.metaKey || event.altKey || !page.preferences.hasKeys) return
    if (page.sight.hasKeysOpen && event.key !== '?') return
    if (act(page, event.key, event)) event.preventDefault()
  })
}

/** Does what `key` stands for. Returns false if it stands for nothing. */
function act(page: Page, key: string, { code, shiftKey }: KeyboardEvent): boolean {
  const pulls = page.state.pulls
  const index = pulls.findIndex(({ record }) => record.id === page.sight.chosen)
  const pull = pulls[index]
  const view = views[key]
  if (view) page.open(view)
  else if (key === 'n' || key === '/') focusField(page)
  else if (key === 'j' || key === 'k') step(page, index + (key === 'j' ? 1 : -1))
  else if (key === 'p' && pull) void pauseOrResume(page, pull)
  else if (key === 'x' && pull) void cancel(page, pull)
  else if (key === 'r') toggleRows(page)
  else if (key === 't') page.prefer({ theme: isDark(page.preferences.theme) ? 'light' : 'dark' })
  else if (key === '?') page.look({ hasKeysOpen: !page.sight.hasKeysOpen })
  else return stepLimit(page, key, code, shiftKey)
  return true
}

function focusField({ sight }: Page): void {
  const find = sight.view === 'pulls' ? null : document.querySelector<HTMLElement>('[data-find]')
  ;(find ?? document.querySelector<HTMLElement>('[data-image-field]'))?.focus()
}

function step(page: Page, index: number): void {
  const next = page.state.pulls[index]
  if (!next) return
  page.look({ chosen: next.record.id, layer: undefined })
  document.querySelector(`[data-pull="${CSS.escape(next.record.id)}"]`)?.scrollIntoView({ block: 'nearest' })
}

/** Changes the density of the lanes. */
export function toggleRows(page: Page): void {
  const pull = page.state.pulls.find(({ record }) => record.id === page.sight.chosen)
  const isRows = isRowsShown(page.preferences.density, pull?.snapshot.layers.length ?? 0)
  page.prefer({ density: isRows ? 'compact' : 'rows' })
}

/** Rows are shown if they were chosen; without a choice, for up to 16 layers. */
export const isRowsShown = (density: 'compact' | 'rows' | undefined, layers: number): boolean =>
  density ? density === 'rows' : layers > 0 && layers <= 16

/** `+` and `-`, on every layout; with Shift they are about unpack slots. */
function stepLimit(page: Page, key: string, code: string, shiftKey: boolean): boolean {
  const { limits } = page.state
  // On most layouts + needs Shift on the main block; on the keypad it does not.
  const isMore = key === '+' || key === '=' || key === '*'
  const isLess = key === '-' || key === '−' || key === '_'
  if (!limits || !(isMore || isLess)) return false
  const isKeypad = code.startsWith('Numpad')
  const isUnpacks = shiftKey && (isKeypad || key === '_' || key === '*' || key === '+')
  const by = isMore ? 1 : -1
  void setLimits(
    page,
    isUnpacks
      ? { maxUnpacks: Math.max(1, limits.maxUnpacks + by) }
      : { maxDownloads: Math.max(1, limits.maxDownloads + by) },
  )
  return true
}
