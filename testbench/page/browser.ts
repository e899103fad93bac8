/** Starts Debian's Chromium for the page's tests and pictures. */
import { type Browser, type Page, chromium } from 'playwright-core'

/** Where Debian installs it. */
export const chromiumPath = '/usr/bin/chromium'

export const startBrowser = (): Promise<Browser> =>
  chromium.launch({
    executablePath: chromiumPath,
    args: [
      '--headless',
      '--no-sandbox',
      '--disable-gpu',
      '--disable-background-networking',
      '--no-first-run',
      '--hide-scrollbars',
    ],
  })

/** How a page is opened. */
export interface Sight {
  readonly width?: number
  readonly height?: number
  readonly theme?: 'light' | 'dark'
  /** Lets a test add scripts, which the page's own policy forbids. */
  readonly bypassCSP?: boolean
}

/** A page, and what it complained about. */
export interface OpenPage {
  readonly page: Page
  /** Messages of the console, errors, and requests to other hosts. */
  readonly complaints: string[]
}

/** Opens `address` in a profile of its own. */
export async function openPage(browser: Browser, address: string, sight: Sight = {}): Promise<OpenPage> {
  const { width = 1280, height = 1010, theme = 'light', bypassCSP = false } = sight
  const context = await browser.newContext({ viewport: { width, height }, colorScheme: theme, bypassCSP })
  const page = await context.newPage()
  const complaints: string[] = []
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') complaints.push(message.text())
  })
  page.on('pageerror', (error) => complaints.push(String(error)))
  page.on('request', (request) => {
    if (!request.url().startsWith(new URL(address).origin)) complaints.push(`asks ${request.url()}`)
  })
  await page.goto(address)
  return { page, complaints }
}
