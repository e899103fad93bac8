/** Offers the ids of the pulls of a running server. */
import type { PullRecord } from '../../lib/api/shapes.js'
import { connect, type ServerFlags } from '../remote/server-flags.js'
import type { Terminal } from '../terminal/terminal.js'
import type { Reply } from './reply.js'

type State = PullRecord['state']

/** States of the pulls that a command can change, by its name. */
const states: Readonly<Record<string, ReadonlySet<State>>> = {
  watch: new Set<State>(['running', 'paused']),
  pause: new Set<State>(['running']),
  resume: new Set<State>(['paused', 'interrupted', 'failed', 'cancelled']),
  cancel: new Set<State>(['running', 'paused']),
}

/** Returns the ids of the pulls that `command` can use. @throws errors of the server */
export async function pullIds(
  start: string,
  command: string,
  flags: ServerFlags,
  terminal: Terminal,
): Promise<Reply> {
  const pulls = await connect(flags, terminal).client.pulls()
  return {
    kind: 'words',
    candidates: pulls
      .filter(({ id, state }) => id.startsWith(start) && (states[command]?.has(state) ?? true))
      .map(({ id, state, order }) => ({ value: id, description: `${order.image} (${state})` })),
  }
}
