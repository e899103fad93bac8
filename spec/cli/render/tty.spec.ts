import { execFileSync, spawnSync } from 'node:child_process'
import { PassThrough } from 'node:stream'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { NEVER } from 'rxjs'
import { afterEach, describe, expect, it } from 'vitest'
import { TerminalView } from '../../../cli/render/tty.js'

const program = fileURLToPath(new URL('tty-program.ts', import.meta.url))
const hasTmux = spawnSync('tmux', ['-V']).status === 0
/**
 * Number of tmux servers so far. Each test has its own server, because a server that is shutting down would end the
 * next test.
 */
let servers = 0
let socket = ''
const tmux = (...argv: string[]): string => execFileSync('tmux', ['-L', socket, ...argv]).toString()

const start = (layers: number, columns: number, rows: number): void => {
  socket = `windlass-spec-${process.pid}-${servers++}`
  const command = `exec '${process.execPath}' --import tsx '${program}' ${layers}`
  tmux('-f', '/dev/null', 'new-session', '-d', '-x', `${columns}`, '-y', `${rows}`, command)
}

const lines = (): string[] =>
  tmux('capture-pane', '-p', '-S', '-200')
    .split('\n')
    .map((line) => line.trimEnd())
    .filter((line) => line !== '')

/** Returns the screen when it satisfies `test`, or after twenty seconds. */
async function screen(test: (lines: string[]) => boolean): Promise<string[]> {
  const limit = Date.now() + 20_000
  while (!test(lines()) && Date.now() < limit) await sleep(50)
  return lines()
}

const has =
  (text: string) =>
  (all: readonly string[]): boolean =>
    all.some((line) => line.includes(text))

it('leaves no clock running after it is closed', () => {
  const clocks = (): number => process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length
  const before = clocks()
  const stream = Object.assign(new PassThrough(), { columns: 80, rows: 24, isTTY: true })
  const view = new TerminalView(stream)
  view.add(NEVER)
  expect(clocks()).toBe(before + 1)
  view.close()
  expect(clocks()).toBe(before)
  expect(stream.listenerCount('resize')).toBe(0)
})

describe.skipIf(!hasTmux)('progress on a real terminal (tmux)', () => {
  afterEach(() => {
    spawnSync('tmux', ['-L', socket, 'kill-server'])
  })

  it('redraws in place, leaves the last frame and shows the cursor again', async () => {
    start(4, 80, 24)
    expect(await screen(has('Total'))).toEqual([
      'before',
      'docker.io/library/test:1  linux/amd64',
      expect.stringMatching(/^000000000000: Downloading {7}\[=+> +\] {2,}500 B \/ 1.00 kB$/),
      expect.stringMatching(/^000000000001: Downloading/),
      expect.stringMatching(/^000000000002: Downloading/),
      '000000000003: Waiting',
      expect.stringMatching(/^Total: 0\/4 layers {2}1.50 kB \/ 4.00 kB/),
    ])
    tmux('send-keys', 'Enter')
    expect(await screen(has('after'))).toEqual([
      'before',
      'docker.io/library/test:1  linux/amd64',
      ...[0, 1, 2, 3].map((index) => `00000000000${index}: Pull complete`),
      'Total: 4/4 layers  4.00 kB / 4.00 kB',
      'after',
    ])
    expect(tmux('display-message', '-p', '#{cursor_flag}').trim()).toBe('1')
  })

  it('adapts to a terminal that becomes narrower or wider', async () => {
    start(4, 80, 24)
    await screen(has('Total'))
    tmux('resize-window', '-x', '44')
    expect(await screen(has('000000000000: Downloading 500 B / 1.00 kB'))).toContain('000000000003: Waiting')
    tmux('resize-window', '-x', '100')
    expect(await screen(has('    500 B / 1.00 kB'))).toContain('000000000003: Waiting')
    tmux('send-keys', 'Enter')
    const all = await screen(has('after'))
    expect(all.filter((line) => line.startsWith('Total'))).toEqual(['Total: 4/4 layers  4.00 kB / 4.00 kB'])
    expect(all.filter((line) => line.endsWith('Pull complete'))).toHaveLength(4)
  })

  it('shows the active layers if there are more layers than rows, and all layers at the end', async () => {
    start(30, 80, 10)
    const shown = await screen(has('Total'))
    expect(shown.length).toBeLessThanOrEqual(10)
    expect(shown).toContain('... and 24 more layers: 24 waiting')
    tmux('send-keys', 'Enter')
    const all = await screen(has('after'))
    expect(all.filter((line) => line.endsWith('Pull complete'))).toHaveLength(30)
    expect(all.filter((line) => line.startsWith('Total'))).toHaveLength(1)
    expect(all.filter((line) => line.includes('to come'))).toEqual([])
  })
})
