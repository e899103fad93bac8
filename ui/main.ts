/** Starts the page. */
import { h, render } from 'preact'
import { listenToKeys } from './live/keys.js'
import { Page } from './live/page.js'
import { takeToken } from './live/session.js'
import { App } from './views/app.js'

const root = document.getElementById('page')
if (root) {
  const page: Page = new Page(takeToken(), (frame) => render(h(App, { page, frame }), root))
  listenToKeys(page)
  page.start()
}
