/** Shows the progress of a pull in the form that the user chose. */
import type { Observable } from 'rxjs'
import { emptySnapshot, encodeEvent, type PullEvent, reduce } from '../../lib/events/index.js'
import type { Terminal } from '../terminal/terminal.js'
import { jsonForTerminal } from '../terminal/json-for-terminal.js'
import { plainLines } from './plain.js'
import { showOnTerminal } from './tty.js'

/** Values of `--progress`. `auto` is `tty` on a terminal and `plain` elsewhere. */
export const progressKinds = ['auto', 'tty', 'plain', 'json', 'none'] as const
/** Value of `--progress`. */
export type ProgressKind = (typeof progressKinds)[number]

/** Shows `events` on stderr until they complete. Never rejects. */
export function showProgress(
  kind: ProgressKind,
  events: Observable<PullEvent>,
  { stderr, env }: Pick<Terminal, 'stderr' | 'env'>,
): Promise<void> {
  switch (kind === 'auto' ? (stderr.isTTY && env['TERM'] !== 'dumb' ? 'tty' : 'plain') : kind) {
    case 'tty':
      return showOnTerminal(events, stderr)
    case 'plain': {
      let snapshot = emptySnapshot
      return forEach(events, (event) => {
        for (const line of plainLines(snapshot, event)) stderr.write(`${line}\n`)
        snapshot = reduce(snapshot, event)
      })
    }
    case 'json':
      return forEach(events, (event) => {
        const line = encodeEvent(event)
        stderr.write(`${stderr.isTTY ? jsonForTerminal(line) : line}\n`)
      })
    case 'none':
      return Promise.resolve()
  }
}

const forEach = (events: Observable<PullEvent>, next: (event: PullEvent) => void): Promise<void> =>
  new Promise((complete) => events.subscribe({ next, complete }))
