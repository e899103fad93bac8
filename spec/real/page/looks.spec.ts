/** The page for every eye and hand: themes, phone, keys, and the rules of axe. */
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, expect, it, vi } from 'vitest'
import { describeReal } from '../../../testbench/harness/components.js'
import { openPage, startBrowser } from '../../../testbench/page/browser.js'
import { systemLayer, variedImage } from '../../../testbench/page/images.js'
import { textOf } from '../../../testbench/page/reading.js'
import { type PageScene, startScene } from '../../../testbench/page/scene.js'

const soon = { timeout: 60_000, interval: 100 }
const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')

/** What axe finds: rule and elements. */
async function violations(page: Page): Promise<string[]> {
  await page.evaluate(axe)
  return page.evaluate(
    `axe.run(document, { resultTypes: ['violations'] }).then(({ violations }) => violations.map(({ id, nodes }) => id + ': ' + nodes.map(({ html }) => html.slice(0, 160)).join(' | ')))`,
  )
}

describeReal('the page', () => {
  let scene: PageScene
  let browser: Browser

  beforeAll(async () => {
    browser = await startBrowser()
    scene = await startScene({ bytesPerSecond: 150_000 })
    const small = await scene.put('acme/tools', '1', variedImage(3, 20_000, 5, [systemLayer()]))
    // Before the first request: to make it takes long enough for an idle connection to be closed.
    const large = await scene.put('acme/train', '1', variedImage(40, 500_000))
    await scene.client.pull(small)
    await vi.waitFor(async () => expect((await scene.client.pulls())[0]?.state).toBe('done'), soon)
    await scene.client.pull(`${scene.registry.host}/acme/none:1`)
    await scene.client.pull(large)
  })
  afterAll(async () => {
    await browser.close()
    await scene.close()
  })

  it.each([
    ['light', 1280],
    ['dark', 1280],
    ['light', 390],
    ['dark', 390],
  ] as const)('has nothing that axe finds wrong in %s at %d pixels', async (theme, width) => {
    const { page } = await openPage(browser, scene.address, { theme, width, bypassCSP: true })
    await page.waitForSelector('.pull')
    for (const hash of ['pulls', 'images', 'history', ...(width < 700 ? ['detail'] : [])]) {
      await page.evaluate(`location.hash = '${hash}'`)
      await page.waitForTimeout(600)
      expect(await violations(page), hash).toEqual([])
    }
    await page.context().close()
  })

  it('has other colours in the dark', async () => {
    const ground = async (theme: 'light' | 'dark'): Promise<unknown> => {
      const { page } = await openPage(browser, scene.address, { theme })
      const colour = await page.evaluate('getComputedStyle(document.body).backgroundColor')
      await page.context().close()
      return colour
    }
    expect(await ground('light')).toBe('rgb(255, 255, 255)')
    expect(await ground('dark')).toBe('rgb(14, 18, 20)')
  })

  it('shows a list and then a detail on a phone, and never scrolls sideways', async () => {
    for (const width of [320, 390]) {
      const { page } = await openPage(browser, scene.address, { width, height: 844 })
      await page.waitForSelector('.pull')
      const overflow = (): Promise<number> =>
        page.evaluate('document.documentElement.scrollWidth - innerWidth')
      expect(await page.locator('.detail').isVisible()).toBe(false)
      expect(await overflow()).toBeLessThanOrEqual(0)
      await page.click('.pull >> nth=2')
      await page.waitForSelector('.detail .chart')
      expect(await page.locator('.list').isVisible()).toBe(false)
      expect(await overflow()).toBeLessThanOrEqual(0)
      await page.goBack()
      await vi.waitFor(async () => expect(await page.locator('.list').isVisible()).toBe(true), soon)
      for (const hash of ['images', 'history']) {
        await page.evaluate(`location.hash = '${hash}'`)
        await page.waitForSelector('.pane table')
        expect(await overflow(), hash).toBeLessThanOrEqual(0)
      }
      await page.context().close()
    }
  })

  it('is steered by single keys outside fields, which can be switched off', async () => {
    const { page } = await openPage(browser, scene.address)
    await page.waitForSelector('.chart')
    await page.keyboard.press('2')
    await page.waitForSelector('.imgs')
    await vi.waitFor(
      async () => expect(await page.evaluate('document.activeElement.tagName')).toBe('H1'),
      soon,
    )
    await page.keyboard.press('1')
    await page.waitForSelector('.chart')
    await page.keyboard.press('k')
    await vi.waitFor(async () => expect(await textOf(page, '.dh h2')).toContain('none:1'), soon)
    await page.keyboard.press('j')
    await page.waitForSelector('.chart')
    await page.keyboard.press('r')
    await page.waitForSelector('[role=grid]')
    expect(await page.locator('[role=row]').count()).toBe(40)
    await page.focus('[role=row] >> nth=0')
    await page.keyboard.press('ArrowDown')
    await page.keyboard.press('ArrowDown')
    await vi.waitFor(async () => expect(await textOf(page, '.facts')).toMatch(/^Layer [12] sha256/), soon)
    await page.keyboard.press('?')
    await page.waitForSelector('dialog[open]')
    await page.click('.switch input')
    await page.keyboard.press('Escape')
    await page.keyboard.press('2')
    await page.waitForTimeout(300)
    expect(await page.locator('.imgs').count()).toBe(0)
    await page.context().close()
  })

  it('shows what images share, their files, and the past pulls', async () => {
    const { page } = await openPage(browser, scene.address)
    await page.waitForSelector('.pull')
    await page.keyboard.press('2')
    await page.waitForSelector('.ice .b')
    expect(await textOf(page, '.pt h1')).toMatch(/^\d images?, /)
    await page.fill('[aria-label="Filter images"]', 'tools')
    await vi.waitFor(async () => expect(await page.locator('.imgs tbody tr').count()).toBe(1), soon)
    await page.click('.file-box button:text("usr")')
    await page.click('.file-box button:text("bin")')
    await page.waitForSelector('text=set-user-id')
    await page.fill('[aria-label^="Find a file"]', 'settings')
    await page.waitForSelector('text=app/settings.toml')
    await page.keyboard.press('Escape')
    await page.keyboard.press('3')
    await page.waitForSelector('.his')
    expect(await textOf(page, '.his tbody')).toContain('not found')
    await page.context().close()
  })
})
