/** Keys that choose a lane, while the lanes have the focus. */
import type { Page } from '../live/page.js'

/** Moves the choice by keys. Returns whether the key does that. */
export function stepLane(page: Page, event: KeyboardEvent, count: number): boolean {
  const at = page.sight.layer ?? -1
  const targets: Partial<Record<string, number>> = {
    ArrowDown: at + 1,
    ArrowUp: at - 1,
    PageDown: at + 10,
    PageUp: at - 10,
    Home: 0,
    End: count - 1,
  }
  const target = targets[event.key]
  if (target === undefined) return false
  event.preventDefault()
  const layer = Math.max(0, Math.min(count - 1, target))
  page.look({ layer })
  page.say(`Layer ${layer + 1}`)
  return true
}
