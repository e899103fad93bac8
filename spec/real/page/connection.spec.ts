/** The page without a connection, without a token, and for who comes late. */
import type { Browser } from 'playwright-core'
import { afterAll, afterEach, beforeAll, beforeEach, expect, it, vi } from 'vitest'
import { describeReal } from '../../../testbench/harness/components.js'
import { openPage, startBrowser } from '../../../testbench/page/browser.js'
import { variedImage } from '../../../testbench/page/images.js'
import { markTimes, textOf } from '../../../testbench/page/reading.js'
import { type PageScene, startScene } from '../../../testbench/page/scene.js'

const soon = { timeout: 60_000, interval: 100 }

describeReal('the connection of the page', () => {
  let scene: PageScene
  let browser: Browser

  beforeAll(async () => {
    browser = await startBrowser()
  })
  afterAll(() => browser.close())
  beforeEach(async () => {
    scene = await startScene({ bytesPerSecond: 300_000 })
  })
  afterEach(() => scene.close())

  it('is shown when it is lost, and comes back by itself with what was missed', async () => {
    const image = await scene.put('acme/train', '1', variedImage(30, 100_000))
    const { page } = await openPage(browser, scene.address)
    await vi.waitFor(async () => expect(await textOf(page, '.conn')).toBe('Live'), soon)
    await scene.client.pull(image)
    await page.waitForSelector('.chart')
    await page.context().setOffline(true)
    await scene.stop()
    await vi.waitFor(
      async () =>
        expect(await textOf(page, '.banner')).toMatch(
          /^No connection\. The pulls go on\. Shown is \d\d:\d\d:\d\d/,
        ),
      soon,
    )
    expect(await page.locator('.ctl button:enabled').count()).toBe(0)
    await page.context().setOffline(false)
    await scene.again()
    await vi.waitFor(async () => expect(await textOf(page, '.conn')).toBe('Live'), soon)
    expect(await page.locator('.banner').count()).toBe(0)
    await page.context().close()
  })

  it('gives a late page the lanes that an early one has', async () => {
    const image = await scene.put('acme/train', '1', variedImage(20, 60_000))
    const early = await openPage(browser, scene.address)
    await vi.waitFor(async () => expect(await textOf(early.page, '.conn')).toBe('Live'), soon)
    await scene.client.pull(image)
    await early.page.waitForSelector('.chart')
    await vi.waitFor(async () => expect(await textOf(early.page, '.big strong')).toBe('100 %'), soon)
    const late = await openPage(browser, scene.address)
    await late.page.waitForSelector('.chart')
    for (const kind of ['wait', 'down', 'verify', 'unpack', 'hatched', 'commit']) {
      const [seen, told] = [await markTimes(early.page, kind), await markTimes(late.page, kind)]
      expect(told, kind).toHaveLength(seen.length)
      told.forEach((time, index) => expect(Math.abs(time - seen[index]!), kind).toBeLessThan(0.1))
    }
    expect(await markTimes(late.page, 'commit')).toHaveLength(20)
    await early.page.context().close()
    await late.page.context().close()
  })

  it('needs the token, which leaves the address bar and is kept for the tab', async () => {
    const { page } = await openPage(browser, scene.address)
    await vi.waitFor(async () => expect(await textOf(page, '.conn')).toBe('Live'), soon)
    expect(page.url()).toBe(`${scene.origin}/`)
    await page.reload()
    await vi.waitFor(async () => expect(await textOf(page, '.conn')).toBe('Live'), soon)
    await page.context().close()
    for (const address of [scene.origin, `${scene.origin}/#token=wrong`]) {
      const other = await openPage(browser, address)
      await vi.waitFor(
        async () =>
          expect(await textOf(other.page, '.banner')).toContain(
            'no longer valid. Open the address that serve printed',
          ),
        soon,
      )
      await other.page.context().close()
    }
  })
})
