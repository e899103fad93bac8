/** Keys that choose a lane, while the lanes have the focus. */

/** What chooses a lane: the page. */
export interface LaneChoice {
  /** Index of the chosen layer. */
  readonly sight: { readonly layer?: number | undefined }
  look(change: { readonly layer: number }): void
  say(sentence: string): void
}

/** A pressed key. */
export interface PressedKey {
  readonly key: string
  preventDefault(): void
}

/** Moves the choice by keys. Returns whether the key does that. */
export function stepLane(page: LaneChoice, event: PressedKey, count: number): boolean {
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
