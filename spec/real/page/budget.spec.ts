/** How many elements the page has and makes anew, with ten pulls of sixty layers. `npm run bench -- page` measures its time. */
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, expect, it, vi } from 'vitest'
import { describeReal } from '../../../testbench/harness/components.js'
import { openPage, startBrowser } from '../../../testbench/page/browser.js'
import { variedImage } from '../../../testbench/page/images.js'
import { type PageScene, startScene } from '../../../testbench/page/scene.js'

const soon = { timeout: 60_000, interval: 100 }

describeReal('the page with ten pulls of sixty layers', () => {
  let scene: PageScene
  let browser: Browser

  beforeAll(async () => {
    browser = await startBrowser()
    scene = await startScene({ bytesPerSecond: 60_000 })
    for (let index = 0; index < 10; index++)
      await scene.client.pull(await scene.put(`acme/app${index}`, '1', variedImage(60, 60_000, 100 + index)))
  })
  afterAll(async () => {
    await browser.close()
    await scene.close()
  })

  it('has at most 800 elements, 8 paths a strip, and 1,500 elements with Rows', async () => {
    const { page } = await openPage(browser, scene.address, { width: 1920, height: 1080 })
    await page.waitForSelector('.chart')
    await vi.waitFor(async () => expect(await page.locator('.strip .k-base').count()).toBe(10), soon)
    const count = (selector: string): Promise<number> =>
      page.evaluate(`document.querySelectorAll('${selector}').length`)
    expect(await count('*')).toBeLessThanOrEqual(800)
    expect(await count('.strip path')).toBe(80)
    expect(await count('.over > path')).toBeLessThanOrEqual(12)
    await page.keyboard.press('r')
    await page.waitForSelector('[role=grid]')
    expect(await count('[role=row]')).toBe(60)
    expect(await count('*')).toBeLessThanOrEqual(1_500)
    await page.context().close()
  })

  it('makes few elements anew at an update', async () => {
    const { page } = await openPage(browser, scene.address, { width: 1920, height: 1080 })
    await vi.waitFor(async () => expect(await page.locator('.strip .k-base').count()).toBe(10), soon)
    await page.waitForTimeout(2_000)
    await page.evaluate(`(() => {
      window.added = 0
      new MutationObserver((records) => { for (const { addedNodes } of records) window.added += [...addedNodes].filter(({ nodeType }) => nodeType === 1).length })
        .observe(document.body, { childList: true, subtree: true })
    })()`)
    await page.waitForTimeout(5_000)
    expect(await page.evaluate('window.added')).toBeLessThan(40)
    await page.context().close()
  })
})
