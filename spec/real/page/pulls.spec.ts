/** The page in Debian's Chromium: a pull is started from its form, drawn, and steered. */
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, beforeEach, expect, it, vi } from 'vitest'
import { describeReal } from '../../../testbench/harness/components.js'
import { openPage, startBrowser } from '../../../testbench/page/browser.js'
import { variedImage } from '../../../testbench/page/images.js'
import {
  markTimes,
  pathOf,
  rectangles,
  shifts,
  textOf,
  watchShifts,
} from '../../../testbench/page/reading.js'
import { type PageScene, startScene } from '../../../testbench/page/scene.js'

const soon = { timeout: 60_000, interval: 100 }

describeReal('the page', () => {
  let scene: PageScene
  let browser: Browser
  let page: Page
  let complaints: string[]
  let images = 0

  beforeAll(async () => {
    browser = await startBrowser()
  })
  afterAll(() => browser.close())
  beforeEach(async () => {
    scene = await startScene({ bytesPerSecond: 400_000 })
    ;({ page, complaints } = await openPage(browser, scene.address))
    return async () => {
      await page.context().close()
      await scene.close()
    }
  })

  /** Pulls a new image through the form. */
  const start = async (layers: number, mean: number): Promise<string> => {
    const image = await scene.put('acme/train', `v${++images}`, variedImage(layers, mean, 20 + images))
    await page.fill('[data-image-field]', image)
    await page.keyboard.press('Enter')
    await page.waitForSelector('.chart')
    return image
  }

  it('starts a pull from its form and draws its layers until all are committed', async () => {
    await start(12, 60_000)
    expect(await textOf(page, '.dh h2')).toContain('v1')
    await vi.waitFor(async () => expect(await textOf(page, '.big strong')).toBe('100 %'), soon)
    expect(await markTimes(page, 'commit')).toHaveLength(12)
    expect(await textOf(page, '.pull .st')).toBe('done')
    expect(await textOf(page, '.verdict h1')).toBe('All done.')
    expect(complaints).toEqual([])
  })

  it('moves the lanes and the numbers while a pull runs, and nothing else', async () => {
    await start(40, 120_000)
    await vi.waitFor(async () => expect(await textOf(page, '.verdict h1')).toMatch(/holds the line/), soon)
    await page.waitForTimeout(1_500)
    await watchShifts(page)
    const before = { d: await pathOf(page, 'down'), boxes: await rectangles(page) }
    await page.waitForTimeout(6_000)
    expect(await pathOf(page, 'down')).not.toBe(before.d)
    expect(await rectangles(page)).toEqual(before.boxes)
    const moved = await shifts(page)
    expect(
      moved.reduce((sum, { value }) => sum + value, 0),
      JSON.stringify(moved),
    ).toBeLessThan(0.0005)
  })

  it('pauses, resumes and cancels, with the focus on Resume afterwards', async () => {
    await start(30, 150_000)
    await page.click('text=Pause')
    await vi.waitFor(async () => expect(await textOf(page, '.note')).toMatch(/^Paused \d+ s ago\./), soon)
    expect(await textOf(page, '.pull .st')).toBe('paused')
    await page.click('.ctl >> text=Resume')
    await vi.waitFor(async () => expect(await textOf(page, '.pull .st')).toBe('running'), soon)
    await page.click('text=Cancel')
    await vi.waitFor(
      async () => expect(await textOf(page, '.note')).toMatch(/^Cancelled\. .* are kept/),
      soon,
    )
    await vi.waitFor(
      async () => expect(await page.evaluate("document.activeElement.matches('[data-resume]')")).toBe(true),
      soon,
    )
    await page.keyboard.press('Enter')
    await vi.waitFor(async () => expect(await textOf(page, '.pull .st')).toBe('running'), soon)
  })

  it('sets priority and limits, and shows what the server confirmed', async () => {
    await start(40, 400_000)
    await page.selectOption('.ctl select', '1')
    await vi.waitFor(async () => expect((await scene.client.pulls())[0]?.priority).toBe(1), soon)
    await vi.waitFor(async () => expect(await textOf(page, '.pull .st')).toBe('high, running'), soon)
    await page.click('[aria-label="One download slot more"]')
    await vi.waitFor(async () => expect(await textOf(page, '.g.net h2 b')).toMatch(/of 4$/), soon)
    await page.fill('.cap input', '0.2')
    await page.keyboard.press('Enter')
    await vi.waitFor(async () => expect((await scene.client.limits()).bytesPerSecond).toBe(200_000), soon)
    await vi.waitFor(
      async () => expect(await textOf(page, '.verdict h1')).toBe('Your limit holds the line.'),
      soon,
    )
    await page.click('text=Lift the limit')
    await vi.waitFor(async () => expect((await scene.client.limits()).bytesPerSecond).toBeNull(), soon)
    await vi.waitFor(async () => expect(await page.inputValue('.cap input')).toBe(''), soon)
  })

  it('keeps a reference that is refused in the field, with the reason', async () => {
    await page.fill('[data-image-field]', 'UPPER CASE')
    await page.keyboard.press('Enter')
    await page.waitForSelector('.problem')
    expect(await page.inputValue('[data-image-field]')).toBe('UPPER CASE')
    expect(await page.getAttribute('[data-image-field]', 'aria-invalid')).toBe('true')
  })

  it('says what failed, and offers to pull again', async () => {
    await page.fill('[data-image-field]', `${scene.registry.host}/acme/none:1`)
    await page.keyboard.press('Enter')
    await page.waitForSelector('.note')
    expect(await textOf(page, '.note')).toContain('has no repository')
    expect(await textOf(page, '.pull .f')).toContain('not found, nothing fetched')
    await page.click('.note >> text=Pull again')
    await vi.waitFor(async () => expect(await scene.client.history()).toHaveLength(2), soon)
  })

  it('says in one notice which layers are retried and when', async () => {
    scene.registry.hook(({ kind, nth }) =>
      kind === 'blob' && nth === 1
        ? { status: 503, headers: { 'retry-after': '20' }, body: Buffer.from('') }
        : undefined,
    )
    await start(6, 50_000)
    await vi.waitFor(
      async () => expect(await textOf(page, '.note')).toMatch(/retried.* in \d+ s\. .*503/),
      soon,
    )
    expect(await page.locator('.note').count()).toBe(1)
    expect(await textOf(page, '.pull .st.bad')).toBe('retrying')
    scene.registry.clearFaults()
    await page.click('text=Try now')
    await vi.waitFor(async () => expect(await textOf(page, '.big strong')).toBe('100 %'), soon)
    expect(await page.locator('.note').count()).toBe(0)
  })
})
