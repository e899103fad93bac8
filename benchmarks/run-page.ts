/**
 * Measures what the page of `windlass serve` costs a browser while ten pulls of sixty layers run, in Debian's Chromium.
 *
 *     npm run bench -- page --rounds 9
 *
 * --pulls, --layers and --seconds (of a round) give the sizes; --profile FILE writes a profile of the script, which the
 * developer tools of Chromium open. Prints the processor time of the page's thread as a table, in milliseconds per update.
 */
import { writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { parseArgs } from 'node:util'
import { openPage, startBrowser } from '../testbench/page/browser.js'
import { variedImage } from '../testbench/page/images.js'
import { startScene } from '../testbench/page/scene.js'
import { type PageCost, costOfPage, traceCategories } from './page/cost-of-page.js'
import { describeMachine } from './shared/machine.js'
import { table } from './shared/markdown.js'

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '9' },
    seconds: { type: 'string', default: '5' },
    pulls: { type: 'string', default: '10' },
    layers: { type: 'string', default: '60' },
    profile: { type: 'string' },
  },
})
const number = (name: 'rounds' | 'seconds' | 'pulls' | 'layers'): number => {
  const value = Number(values[name])
  if (!(Number.isInteger(value) && value > 0)) throw new Error(`--${name} takes a number from 1`)
  return value
}
const [rounds, seconds, pulls, layers] = [
  number('rounds'),
  number('seconds'),
  number('pulls'),
  number('layers'),
]

const scene = await startScene({ bytesPerSecond: 60_000 })
const browser = await startBrowser()
try {
  for (let index = 0; index < pulls; index++)
    await scene.client.pull(
      await scene.put(`acme/app${index}`, '1', variedImage(layers, 60_000, 100 + index)),
    )
  const { page } = await openPage(browser, scene.address, { width: 1920, height: 1080 })
  await page.waitForSelector('.strip .k-base')
  await page.waitForTimeout(3_000)
  const session = await page.context().newCDPSession(page)
  if (values.profile !== undefined) {
    await session.send('Profiler.enable')
    await session.send('Profiler.setSamplingInterval', { interval: 200 })
    await session.send('Profiler.start')
    await page.waitForTimeout(seconds * 1_000)
    const { profile } = await session.send('Profiler.stop')
    writeFileSync(values.profile, JSON.stringify(profile))
  }
  const costs: PageCost[] = []
  for (let round = 0; round < rounds; round++) {
    await browser.startTracing(page, { categories: [...traceCategories] })
    await page.waitForTimeout(seconds * 1_000)
    costs.push(costOfPage(await browser.stopTracing()))
  }
  const running = (await scene.client.pulls()).filter(({ state }) => state === 'running').length
  if (running < pulls) throw new Error(`Only ${running} of ${pulls} pulls ran until the end`)
  const parts = ['script', 'style', 'layout', 'paint', 'all'] as const
  const median = (all: readonly number[]): number => [...all].sort((a, b) => a - b)[all.length >> 1]!
  const row = (label: string, pick: (all: readonly number[]) => number): (string | number)[] => [
    label,
    ...parts.map((part) => pick(costs.map((cost) => cost[part] / cost.updates)).toFixed(2)),
  ]
  console.log(
    table(
      ['', ...parts],
      [
        row('median', median),
        row('lowest', (all) => Math.min(...all)),
        row('highest', (all) => Math.max(...all)),
      ],
      [1, 2, 3, 4, 5],
    ),
  )
  const updates = costs.reduce((sum, cost) => sum + cost.updates, 0)
  const { processors, node } = await describeMachine(tmpdir())
  console.log(
    `${pulls} pulls of ${layers} layers, ${updates} updates in ${rounds} rounds of ${seconds} s. ` +
      `${processors}; Chromium ${browser.version()}; Node ${node}.`,
  )
} finally {
  await browser.close()
  await scene.close()
}
