/** Reads what the page shows, for its tests. The code that runs in the page is text, because it has the types of a browser. */
import type { Page } from 'playwright-core'

/** Seconds from the start of the pull at which marks of a kind begin, sorted. */
export const markTimes = (page: Page, kind: string): Promise<number[]> =>
  page.evaluate(`(() => {
    const svg = document.querySelector('.over')
    const d = svg?.querySelector('.k-${kind}')?.getAttribute('d') ?? ''
    const grid = [...svg.querySelectorAll('.grid')][0].getAttribute('d').match(/M([\\d.]+)/)
    const left = Number(grid[1]), width = svg.clientWidth - left - 8, span = Number(svg.dataset.span)
    return [...d.matchAll(/M([\\d.]+) /g)].map(([, x]) => ((Number(x) - left) / width) * span).sort((a, b) => a - b)
  })()`)

/** The `d` of a kind of marks. */
export const pathOf = (page: Page, kind: string): Promise<string> =>
  page.evaluate(`document.querySelector('.over .k-${kind}')?.getAttribute('d') ?? ''`)

/** The text of the first element of a selector; empty without one. */
export const textOf = (page: Page, selector: string): Promise<string> =>
  page.evaluate(
    `(document.querySelector(${JSON.stringify(selector)})?.innerText ?? '').replace(/\\s+/g, ' ').trim()`,
  )

/** Begins to sum layout shifts up that no user caused. */
export const watchShifts = (page: Page): Promise<void> =>
  page.evaluate(`(() => {
    window.shifts = []
    new PerformanceObserver((list) => {
      for (const entry of list.getEntries())
        if (!entry.hadRecentInput)
          window.shifts.push({ value: entry.value, nodes: entry.sources.map((source) => (source.node?.parentElement?.className || source.node?.parentElement?.tagName) + ' ' + (source.node?.className ?? source.node?.textContent)) })
    }).observe({ type: 'layout-shift', buffered: false })
  })()`)

/** The layout shifts since then. */
export const shifts = (page: Page): Promise<{ value: number; nodes: string[] }[]> =>
  page.evaluate('window.shifts')

/** The rectangles of the parts that must not move. */
export const rectangles = (page: Page): Promise<Record<string, string>> =>
  page.evaluate(`Object.fromEntries(['.verdict', '.gauge', '.pull', '.dh', '.big', '.chart'].map((selector) => {
    const { x, y, width, height } = document.querySelector(selector).getBoundingClientRect()
    return [selector, [x, y, width, height].map(Math.round).join(' ')]
  }))`)
