/**
 * Takes the pictures of docs/page: real pulls from the embedded registry, in Debian's Chromium. Run with
 * `npx tsx scripts/page-shots.ts [folder]` after `npm run build`.
 */
import { mkdirSync } from 'node:fs'
import path from 'node:path'
import type { Page } from 'playwright-core'
import { buildImage } from '../lib/testing/index.js'
import { openPage, startBrowser } from '../testbench/page/browser.js'
import { manyFiles, randomLayer, systemLayer, variedImage } from '../testbench/page/images.js'
import { startScene } from '../testbench/page/scene.js'

const folder = path.resolve(process.argv[2] ?? 'docs/page')
mkdirSync(folder, { recursive: true })
const scene = await startScene({ bytesPerSecond: 700_000, maxUnpacks: 1 })
const browser = await startBrowser()
const shot = (page: Page, name: string): Promise<unknown> =>
  page.screenshot({ path: path.join(folder, `${name}.png`) })
const wait = (milliseconds: number): Promise<void> =>
  new Promise((resolve) => setTimeout(resolve, milliseconds))
const done = async (count: number): Promise<void> => {
  while ((await scene.client.pulls()).filter(({ state }) => state === 'done').length < count) await wait(300)
}

try {
  const debian = systemLayer()
  const python = randomLayer(1_600_000, 'python')
  const pip = randomLayer(700_000, 'pip')
  const wheels = randomLayer(4_100_000, 'wheels')
  const alpine = randomLayer(900_000, 'alpine')
  const cuda = randomLayer(6_000_000, 'cuda')
  const small: readonly (readonly [string, string, Parameters<typeof buildImage>[0]['layers']])[] = [
    ['library/python', '3.13-slim', [debian, python, pip]],
    ['acme/api', '1.42.0', [debian, python, pip, wheels, randomLayer(940_000, 'app')]],
    ['acme/api', '1.41.2', [debian, python, pip, wheels, randomLayer(930_000, 'app')]],
    [
      'library/postgres',
      '17',
      [debian, randomLayer(1_500_000, 'locales'), randomLayer(3_600_000, 'postgres')],
    ],
    ['library/nginx', '1.27', [debian, randomLayer(2_300_000, 'nginx')]],
    ['acme/train', '2026.10', [cuda, randomLayer(5_000_000, 'torch'), randomLayer(1_100_000, 'weights')]],
    ['library/alpine', '3.20', [alpine]],
    ['library/node', '22-alpine', [alpine, randomLayer(2_500_000, 'node')]],
  ]
  scene.client.setLimits({ maxDownloads: 8 }).catch(() => undefined)
  for (const [repository, tag, layers] of small)
    await scene.client.pull(await scene.put(repository, tag, buildImage({ layers })))
  await done(small.length)
  await scene.client.clear()
  await scene.client.setLimits({ maxDownloads: 3 })
  const { page } = await openPage(browser, scene.address)
  const dark = (await openPage(browser, scene.address, { width: 1920, height: 1080, theme: 'dark' })).page
  const phone = (await openPage(browser, scene.address, { width: 390, height: 844 })).page
  await page.waitForSelector('.empty h2')
  await wait(1_000)
  await shot(page, 'empty')
  const train = await scene.put('acme/train', '2026.11', variedImage(59, 400_000, 7, [debian]))
  await page.fill('[data-image-field]', train)
  await page.keyboard.press('Enter')
  await wait(8_000)
  await page.keyboard.press('Escape')
  await shot(page, 'network')
  await scene.client.pull(
    await scene.put(
      'acme/tools',
      '3',
      buildImage({
        layers: [debian, ...Array.from({ length: 16 }, (_, index) => manyFiles(900, `tool${index}`))],
      }),
    ),
  )
  await wait(4_000)
  await shot(page, 'running')
  await shot(dark, 'dark')
  await shot(phone, 'phone')
  await page.keyboard.press('r')
  await wait(600)
  await shot(page, 'rows')
  await page.keyboard.press('r')
  await page.keyboard.press('p')
  await wait(4_000)
  await shot(page, 'paused')
  await page.keyboard.press('p')
  await scene.client.pull(`${scene.registry.host}/acme/billing:stable`)
  let refused = 0
  scene.registry.hook(({ kind }) =>
    kind === 'blob' && refused++ < 2
      ? { status: 503, headers: { 'retry-after': '9' }, body: Buffer.from('') }
      : undefined,
  )
  await page.waitForSelector('.note')
  await wait(1_500)
  await shot(page, 'retry')
  await phone.click('.pull >> nth=0')
  await wait(700)
  await shot(phone, 'phone-detail')
  await page.click('text=billing')
  await wait(600)
  await shot(page, 'error')
  scene.registry.clearFaults()
  await page.keyboard.press('2')
  await page.waitForSelector('.ice .b')
  await page.click('.row-name >> nth=1')
  await wait(1_500)
  await shot(page, 'images')
  await dark.keyboard.press('2')
  await wait(1_000)
  await shot(dark, 'images-dark')
  await page.keyboard.press('3')
  await wait(600)
  await shot(page, 'history')
} finally {
  await browser.close()
  await scene.close()
}
