import { readFileSync, readdirSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'
import { drawKeptResults } from '../../../benchmarks/report/draw-kept-results.js'

const directory = fileURLToPath(new URL('../../../docs/benchmarks/', import.meta.url))

it('draws the plots that are kept: run “npm run bench -- redraw” after a change', async () => {
  const drawn = await drawKeptResults(directory)
  expect(Object.keys(drawn).sort()).toEqual(readdirSync(directory).filter((name) => name.endsWith('.svg')))
  for (const [name, svg] of Object.entries(drawn))
    expect(svg === readFileSync(`${directory}${name}`, 'utf8'), name).toBe(true)
})

it('names the logarithmic axis of the comparison, and the rate and latency of its links', async () => {
  const { 'plot.svg': picture } = await drawKeptResults(directory)
  expect(picture).toContain('seconds, logarithmic →')
  expect(picture).toContain('100 Mbit/s and 40 ms, big')
})

it('names settings in the singular and the plural', async () => {
  const drawn = await drawKeptResults(directory)
  const pictures = Object.values(drawn).join('\n')
  expect(pictures).toContain('1 download and 4 unpacks at once')
  expect(pictures).not.toMatch(/\b1 (downloads|unpacks)\b/)
})
