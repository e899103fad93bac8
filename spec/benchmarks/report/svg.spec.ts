import { expect, it } from 'vitest'
import { legend, logTicks } from '../../../benchmarks/report/svg.js'

it('places the entries of a legend beside each other or in further rows, and says how high they are', () => {
  const names = ['windlass', 'skopeo + umoci', 'floor: curl, igzip, tar', 'containerd (ctr)']
  const { svg, height } = legend(new Map(names.map((name) => [name, 'red'])), 400)
  const places = [...svg.matchAll(/<text x="([\d.]+)" y="([\d.]+)"[^>]*>([^<]+)/g)].map(([, x, y, text]) => ({
    x: Number(x),
    y: Number(y),
    width: 7.5 * text!.length,
  }))
  expect(places).toHaveLength(4)
  expect(new Set(places.map(({ y }) => y)).size).toBe(2)
  for (const [at, { x, y, width }] of places.entries()) {
    expect(x + width).toBeLessThan(400)
    expect(y).toBeLessThan(height)
    const next = places[at + 1]
    if (next?.y === y) expect(next.x).toBeGreaterThan(x + width)
  }
})

it('has ticks at 1, 2 and 5 times the powers of ten, and more in a short range', () => {
  expect(logTicks(0.15, 12)).toEqual([0.2, 0.5, 1, 2, 5, 10])
  expect(logTicks(69, 250)).toEqual([70, 100, 150, 200])
})
