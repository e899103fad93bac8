/** The display of the pulls of a server. */
import { describe, expect, it, vi } from 'vitest'
import { run } from '../../../cli/program.js'
import {
  apiByHand,
  doneEvents,
  eventMessage,
  eventsOfPull,
  failure,
  imageResult,
  listedPull,
  Messages,
  stateOf,
  watchedPull,
} from '../../support/cli/api-by-hand.js'
import { TestTerminal, windlass } from '../../support/cli/test-terminal.js'

const events = doneEvents('aa11')
const pinned = `example.com/aa11:1@${imageResult('').digest}\n`
const ended = { state: 'done', endedAt: 2 } as const

/** Not a limit of the commands: a machine may be busy. */
const patience = { timeout: 20_000, interval: 5 }

/** Starts a command, and resolves when it watches. */
async function watching(pulls: unknown, args: readonly string[]) {
  const messages = new Messages()
  const { flags, requests } = await apiByHand({ 'GET /pulls': pulls, 'GET /events': messages })
  const terminal = new TestTerminal()
  const code = run(['watch', ...args, ...flags], terminal)
  await vi.waitFor(() => expect(messages.watchers).toBe(1), patience)
  return { terminal, code, messages, requests }
}

describe('windlass watch with an id', () => {
  it('shows the pull and prints its result, as one of its own', async () => {
    const { terminal, code, messages } = await watching([listedPull('aa11')], ['aa'])
    messages.send(stateOf(watchedPull('aa11', { events: events.slice(0, 1) })))
    messages.send(...events.slice(1).map(eventMessage))
    expect(await code).toBe(0)
    expect(terminal.out).toBe(pinned)
    expect(terminal.err).toBe(
      'Pulling example.com/aa11:1 for linux/amd64\nDownloaded newer image for example.com/aa11:1\n',
    )
    await vi.waitFor(() => expect(messages.watchers).toBe(0), patience)
  })

  it('prints the result as JSON', async () => {
    const { terminal, code, messages } = await watching([listedPull('aa11')], ['aa11', '--json', '-q'])
    messages.send(stateOf(watchedPull('aa11', { ...ended, events })))
    expect(await code).toBe(0)
    expect(JSON.parse(terminal.out)).toEqual(imageResult('example.com/aa11:1'))
    expect(terminal.err).toBe('')
  })

  it('ends with the code of the pull, and reports its error once', async () => {
    const error = { code: 'MANIFEST_UNKNOWN', message: 'there is no such image', retryable: false }
    const failed = eventsOfPull('aa11', [{ type: 'end', outcome: 'failed', error }])
    const { terminal, code, messages } = await watching([listedPull('aa11')], ['aa11', '--progress', 'json'])
    messages.send(stateOf(watchedPull('aa11', { events: failed })))
    expect(await code).toBe(4)
    expect(terminal.err.match(/there is no such image/g)).toHaveLength(1)
  })

  it('ends on an interrupt without a message, and leaves the pull alone', async () => {
    const { terminal, code, messages, requests } = await watching([listedPull('aa11')], ['aa11'])
    messages.send(stateOf(watchedPull('aa11', { events: events.slice(0, 1) })))
    await vi.waitFor(() => expect(terminal.err).toContain('Pulling'), patience)
    terminal.signals.emit('SIGINT')
    expect(await code).toBe(130)
    expect(terminal.err).toBe('Pulling example.com/aa11:1 for linux/amd64\n')
    expect(requests).toEqual(['GET /pulls', 'GET /events'])
    await vi.waitFor(() => expect(messages.watchers).toBe(0), patience)
  })
})

describe('windlass watch', () => {
  it('shows the pulls that run and those that start, until an interrupt', async () => {
    const { terminal, code, messages } = await watching([listedPull('aa11')], [])
    const running = watchedPull('aa11', { events: events.slice(0, 1) })
    const past = watchedPull('cc33', { ...ended, events: doneEvents('cc33') })
    messages.send(stateOf(running, past))
    messages.send(...[...events.slice(1), ...doneEvents('bb22')].map(eventMessage))
    const last = 'Downloaded newer image for example.com/bb22:1\n'
    await vi.waitFor(() => expect(terminal.err).toContain(last), patience)
    terminal.signals.emit('SIGINT')
    expect(await code).toBe(130)
    expect(terminal.err).toBe(
      [
        'Pulling example.com/aa11:1 for linux/amd64\nDownloaded newer image for example.com/aa11:1\n',
        `Pulling example.com/bb22:1 for linux/amd64\n${last}`,
      ].join(''),
    )
    expect(terminal.out).toBe('')
    await vi.waitFor(() => expect(messages.watchers).toBe(0), patience)
  })

  it('shows each event once, also if the state is sent again, and the end of a pull that it knew', async () => {
    const { terminal, code, messages } = await watching([listedPull('aa11')], [])
    const begun = stateOf(watchedPull('aa11', { events: events.slice(0, 1) }))
    messages.send(begun, begun)
    messages.send(stateOf(watchedPull('aa11', { ...ended, events })))
    messages.send(stateOf(watchedPull('aa11', { ...ended, events })))
    messages.send(...doneEvents('bb22').map(eventMessage))
    await vi.waitFor(() => expect(terminal.err).toContain('newer image for example.com/bb22'), patience)
    terminal.signals.emit('SIGINT')
    await code
    for (const line of [/Pulling example.com\/aa11:1/g, /newer image for example.com\/aa11:1/g])
      expect(terminal.err.match(line)).toHaveLength(1)
  })

  it.each([
    ['interrupted', [watchedPull('aa11', { state: 'interrupted', endedAt: 2 })]],
    ['unknown to the server', []],
  ])('ends the display of a pull that is %s when a server has started again', async (_, after) => {
    const { terminal, code, messages } = await watching([listedPull('aa11')], [])
    messages.send(stateOf(watchedPull('aa11', { events: events.slice(0, 1) })))
    messages.send(stateOf(...after))
    // Were it still known, this event would be shown.
    messages.send(eventMessage({ ...events[2]!, outcome: 'cancelled' } as never))
    messages.send(...doneEvents('bb22').map(eventMessage))
    await vi.waitFor(() => expect(terminal.err).toContain('newer image for example.com/bb22'), patience)
    terminal.signals.emit('SIGINT')
    await code
    expect(terminal.err).not.toContain('Cancelled')
  })

  it('names each pull of several in its lines, and mixes JSON as it comes', async () => {
    const { terminal, code, messages } = await watching([], ['--progress', 'json'])
    const [one, two] = [doneEvents('aa11'), doneEvents('bb22')]
    messages.send(...[one[0]!, two[0]!, one[1]!, two[1]!, one[2]!, two[2]!].map(eventMessage))
    const ids = () =>
      terminal.err
        .split('\n')
        .filter((line) => line !== '')
        .map((line) => (JSON.parse(line) as { pull: string }).pull)
    await vi.waitFor(() => expect(ids()).toEqual(['aa11', 'bb22', 'aa11', 'bb22', 'aa11', 'bb22']), patience)
    terminal.signals.emit('SIGINT')
    expect(await code).toBe(130)
  })

  it('says that no pull runs, and waits', async () => {
    const { terminal, code } = await watching([listedPull('cc33', ended)], [])
    expect(terminal.err).toBe('No pull is running. Those that start will be shown; Ctrl-C ends this.\n')
    terminal.signals.emit('SIGINT')
    expect(await code).toBe(130)
  })

  it('fails at once if the server refuses', async () => {
    const refused = failure(401, 'UNAUTHORIZED', 'no token')
    const { flags } = await apiByHand({ 'GET /pulls': refused })
    expect(await windlass(['watch', ...flags])).toMatchObject({ code: 3, out: '' })
    const late = await apiByHand({ 'GET /pulls': [], 'GET /events': refused })
    expect(await windlass(['watch', ...late.flags])).toMatchObject({ code: 3, out: '' })
  })
})
