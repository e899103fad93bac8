/** What the controls and the keys of the page do. */
import type { LimitChange } from '../../lib/api/shapes.js'
import type { PullState } from '../../lib/api/server-state.js'
import type { NoticeAction } from '../facts/notices.js'
import { isEnded, nameOf } from '../facts/pull-words.js'
import type { Page } from './page.js'

/** Pauses a running pull, resumes a paused one, and starts an ended one again. */
export async function pauseOrResume(page: Page, { record }: PullState): Promise<void> {
  const { id, state } = record
  if (state === 'running') await page.act(`pause ${id}`, (client) => client.pause(id))
  else if (state === 'paused') await page.act(`pause ${id}`, (client) => client.resume(id))
  else if (state !== 'done') await again(page, id)
}

/** Starts an ended pull again and chooses it. */
export const again = (page: Page, id: string): Promise<boolean> =>
  page.act(`pause ${id}`, async (client) => {
    const next = await client.again(id)
    page.look({ chosen: next.id, layer: undefined })
  })

/** Cancels a pull. Afterwards Resume has the focus, because it undoes this. */
export async function cancel(page: Page, pull: PullState): Promise<void> {
  if (isEnded(pull)) return
  const { id } = pull.record
  if (!(await page.act(`cancel ${id}`, (client) => client.cancel(id)))) return
  page.focusOn('[data-resume]:enabled')
}

export const setPriority = (page: Page, id: string, priority: number): Promise<boolean> =>
  page.act(`priority ${id}`, (client) => client.change(id, { priority }))

/** Changes limits. A refusal leaves the old ones. */
export const setLimits = (page: Page, change: LimitChange): Promise<boolean> =>
  page.act(`limit ${Object.keys(change).join(' ')}`, (client) => client.setLimits(change))

/** Runs the action of a notice. */
export async function runNotice(page: Page, pull: PullState, action: NoticeAction): Promise<void> {
  const { id } = pull.record
  if (action === 'retry-now') await page.act(`retry ${id}`, (client) => client.retryNow(id))
  if (action === 'again') await again(page, id)
  if (action === 'collect') await page.act('collect', (client) => client.collect())
  if (action === 'copy-error') {
    const { message = '', code = '', hint } = pull.snapshot.error ?? {}
    await copy(
      page,
      [`${nameOf(pull)}: ${message} (${code})`, hint].filter(Boolean).join('\n'),
      'The error is copied.',
    )
  }
}

/** Copies a text, and says so. */
export async function copy(page: Page, text: string, done: string): Promise<void> {
  await navigator.clipboard.writeText(text).then(
    () => page.say(done),
    () => page.say('The browser does not allow copying here.'),
  )
}
