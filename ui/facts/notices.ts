/** Decides which notices stand below the head of a pull, and what they say. */
import type { PullState } from '../../lib/api/server-state.js'
import { nameOf, fetchedOf } from './pull-words.js'
import { registryOf } from './names.js'
import { bytes, counted, duration } from './numbers.js'

/** What a button of a notice does. */
export type NoticeAction = 'retry-now' | 'again' | 'copy-error' | 'collect'

/** A notice. */
export interface Notice {
  /** Identifies the notice; it is announced once. */
  readonly key: string
  readonly isCalm: boolean
  readonly icon: 'bang' | 'pause'
  /** The sentence in bold begins with `title`; `countdown` is not announced. */
  readonly title: string
  readonly countdown?: string
  readonly text: string
  readonly advice?: string
  /** A command that can be copied. */
  readonly command?: string
  readonly actions: readonly (readonly [action: NoticeAction, label: string])[]
}

/** Returns the notices of a pull at the time `now`. `maxAttempts`: retries of the server, plus one. */
export function noticesOf(pull: PullState, now: number, maxAttempts: number): readonly Notice[] {
  const { record, snapshot } = pull
  const notices: Notice[] = []
  if (record.state === 'running') {
    const retry = retryNotice(pull, now, maxAttempts)
    if (retry) notices.push(retry)
  }
  if (record.state === 'paused') notices.push(pausedNotice(pull, now))
  if (record.state === 'failed') notices.push(failedNotice(pull))
  if (record.state === 'cancelled' || record.state === 'interrupted') notices.push(stoppedNotice(pull))
  const [warning] = snapshot.warnings
  if (warning) {
    const others = snapshot.warnings.length - 1
    notices.push({
      key: 'warning',
      isCalm: true,
      icon: 'bang',
      title: 'Warning.',
      text: `${warning.message}${others > 0 ? ` And ${counted(others, 'other warning')}.` : ''}`,
      actions: [],
    })
  }
  return notices
}

function retryNotice(pull: PullState, now: number, maxAttempts: number): Notice | undefined {
  const waiting = pull.snapshot.layers
    .map((layer, index) => ({ layer, number: index + 1 }))
    .filter(({ layer }) => layer.status === 'retrying' && layer.retry)
    .sort((a, b) => a.layer.retry!.at - b.layer.retry!.at)
  const [soonest] = waiting
  if (!soonest) return undefined
  const { layer, number } = soonest
  const { at, reason, attempt } = layer.retry!
  const countdown = at > now ? ` in ${duration((at - now) / 1000)}` : ' now'
  const after = layer.fetched > 0 ? ` after ${bytes(layer.fetched)} of ${bytes(layer.total)}` : ''
  const what = `${reasonOf(reason, layer.host ?? registryOf(nameOf(pull)))}${after}.`
  const isOne = waiting.length === 1
  return {
    key: `retry ${waiting.length} ${number} ${attempt}`,
    isCalm: false,
    icon: 'bang',
    title: isOne
      ? `Layer ${number} is retried`
      : `${waiting.length} layers are retried, layer ${number} first`,
    countdown,
    text: what,
    advice: `Attempt ${attempt} of ${maxAttempts}. What came is kept; the other layers go on. Nothing to do unless it lasts.`,
    actions: [['retry-now', 'Try now']],
  }
}

/** Says shortly why a download failed: `ghcr.io answers 503 (Service Unavailable)`. */
function reasonOf(reason: string, host: string): string {
  const [, status] = /HTTP (\d{3}(?: \([^)]*\))?)/.exec(reason) ?? []
  if (status !== undefined) return `${host} answers ${status}`
  return reason.replace(/\.$/, '').replace(/(sha256:[0-9a-f]{12})[0-9a-f]+/g, '$1')
}

function pausedNotice(pull: PullState, now: number): Notice {
  const since = pull.lanes.pauses.at(-1)?.from ?? now
  return {
    key: `paused ${since}`,
    isCalm: true,
    icon: 'pause',
    title: 'Paused',
    countdown: ` ${duration(Math.max(1, (now - since) / 1000))} ago.`,
    text: `${bytes(fetchedOf(pull)?.fetched ?? 0)} are kept. Its slots are free for the other pulls.`,
    actions: [],
  }
}

function failedNotice(pull: PullState): Notice {
  const { snapshot } = pull
  const kept = fetchedOf(pull)?.fetched ?? 0
  const { message = `The pull of ${nameOf(pull)} failed`, hint = '', code } = snapshot.error ?? {}
  const command = /`([^`]+)`/.exec(hint)?.[1]
  return {
    key: `failed ${pull.record.id}`,
    isCalm: false,
    icon: 'bang',
    title: `${message.replace(/\.$/, '')}.`,
    text: '',
    advice: `${hint.replace(/\.?$/, hint ? '. ' : '')}${kept > 0 ? `${bytes(kept)} are kept.` : 'Nothing was fetched.'}`,
    ...(command !== undefined && { command }),
    actions: [
      ...(code === 'STORE_FULL' ? ([['collect', 'Collect']] as const) : []),
      ['again', 'Pull again'],
      ['copy-error', 'Copy error'],
    ],
  }
}

function stoppedNotice(pull: PullState): Notice {
  const kept = fetchedOf(pull)?.fetched ?? 0
  const isCancelled = pull.record.state === 'cancelled'
  return {
    key: `stopped ${pull.record.id}`,
    isCalm: true,
    icon: 'pause',
    title: isCancelled ? 'Cancelled.' : 'Interrupted by a restart of serve.',
    text:
      kept > 0 || isCancelled
        ? `${bytes(kept)} are kept; Resume goes on from there.`
        : 'What was received is kept; Resume goes on from there.',
    actions: [],
  }
}
