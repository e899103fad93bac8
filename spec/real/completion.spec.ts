/** The completion scripts in real shells, typed into a terminal. */
import { execFileSync, spawnSync } from 'node:child_process'
import { chmodSync, existsSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { putImage, startRegistry, tinyImage, type TestRegistry } from '../../lib/testing/index.js'
import { windlass } from '../support/cli/test-terminal.js'
import { root } from '../support/source-tree.js'
import { temporaryDirectory } from '../support/temporary-directory.js'

const has = (program: string): boolean => spawnSync(program, ['--version']).error === undefined
const hasTmux = spawnSync('tmux', ['-V']).status === 0

/** How each shell is started without the files of a user, and what is typed first. */
const shells = {
  bash: { start: 'bash --noprofile --norc', first: "PS1='> '; source <(windlass completion bash)" },
  zsh: {
    start: 'zsh -f',
    first: "PS1='> '; autoload -U compinit; compinit -u -D; source <(windlass completion zsh)",
  },
  fish: {
    start: 'fish --no-config',
    first: "function fish_prompt; echo -n '> '; end; windlass completion fish | source",
  },
}

const home = temporaryDirectory()
const store = path.join(home, 'store')
const bin = path.join(home, 'bin')
let socket = ''
let registry: TestRegistry
let host: string

const tmux = (...parameters: string[]): string =>
  execFileSync('tmux', ['-L', socket, ...parameters]).toString()

const screen = (): string =>
  tmux('capture-pane', '-p', '-J')
    .split('\n')
    .map((line) => line.trimEnd())
    .filter((line) => line !== '')
    .join('\n')

/** Waits until the screen satisfies `test`, and returns it; after half a minute, returns it anyway. */
async function waitFor(test: (text: string) => boolean): Promise<string> {
  const end = Date.now() + 30_000
  while (!test(screen()) && Date.now() < end) await sleep(100)
  return screen()
}

beforeAll(async () => {
  registry = await startRegistry()
  host = registry.host
  for (const tag of ['3.20', '3.21']) await putImage(registry, 'team/alpine', tag, tinyImage())
  await putImage(registry, 'team/other', 'only', tinyImage())
  mkdirSync(bin)
  const main = path.join(root, 'dist/cli/main.js')
  chmodSync(main, 0o755)
  symlinkSync(main, path.join(bin, 'windlass'))
  writeFileSync(path.join(home, 'manifest.json'), '{}')
  mkdirSync(path.join(home, 'rootfs-here'))
  await windlass(['pull', '-q', '--store', store, '--platform', 'linux/amd64', `${host}/team/alpine:3.20`])
})

afterAll(() => registry.close())

describe.skipIf(!hasTmux).each(Object.entries(shells))('completion in %s', (name, { start, first }) => {
  const isThere = has(name)

  beforeAll(async () => {
    if (!isThere) return
    // A server that is shutting down would end a session that starts meanwhile.
    socket = `windlass-completion-${process.pid}-${name}`
    const variables = [
      ...[`HOME=${home}`, `PATH=${bin}:${process.env['PATH']}`, `WINDLASS_STORE=${store}`, 'TERM=screen'],
    ]
    tmux(
      ...['-f', '/dev/null', 'new-session', '-d', '-x', '150', '-y', '40', '-c', home],
      `exec env -i ${variables.join(' ')} ${start}`,
    )
    await waitFor((text) => text !== '')
    tmux('send-keys', '-l', `${first}; clear; echo ready`)
    tmux('send-keys', 'Enter')
    await waitFor((text) => /^ready\n>$/m.test(text))
  }, 60_000)

  afterAll(() => {
    spawnSync('tmux', ['-L', socket, 'kill-server'])
  })

  /** Types `keys` and Tab on an empty line, and returns the screen when it satisfies `test`. */
  async function typed(keys: string, test: (text: string) => boolean): Promise<string> {
    tmux('send-keys', 'C-c')
    tmux('send-keys', '-l', 'clear; echo next')
    tmux('send-keys', 'Enter')
    await waitFor((text) => /^next\n>$/.test(text))
    tmux('send-keys', '-l', keys)
    tmux('send-keys', 'Tab')
    let looks = 0
    return waitFor((text) => {
      if (test(text)) return true
      // Bash lists several values at the second Tab.
      if (++looks % 40 === 0) tmux('send-keys', 'Tab')
      return false
    })
  }

  /** Types `keys` and Tab, and returns the line when it is `expected`, or after a while. */
  async function completed(keys: string, expected: string): Promise<string | undefined> {
    const lineOf = (text: string): string | undefined =>
      text.split('\n').findLast((line) => line.startsWith('> windlass'))
    return lineOf(await typed(keys, (text) => lineOf(text) === `> ${expected}`))
  }

  it.skipIf(!isThere)('completes commands, options, values and paths', { timeout: 240_000 }, async () => {
    for (const [keys, expected] of [
      ['windlass insp', 'windlass inspect'],
      ['windlass help verif', 'windlass help verify'],
      ['windlass pull --discard', 'windlass pull --discard-blobs'],
      ['windlass pull --platform linux/s3', 'windlass pull --platform linux/s390x'],
      ['windlass pull --progress=dock', 'windlass pull --progress=docker'],
      ['windlass pull --limit layerB', 'windlass pull --limit layerBytes='],
      ['windlass pull --rootfs rootfs-', 'windlass pull --rootfs rootfs-here/'],
      ['windlass pull --file mani', 'windlass pull --file manifest.json'],
      ['windlass inspect oci:roo', 'windlass inspect oci:rootfs-here/'],
    ] as const)
      expect(await completed(keys, expected)).toBe(`> ${expected}`)
  })

  it.skipIf(!isThere)(
    'completes images of the store and tags of the registry',
    { timeout: 120_000 },
    async () => {
      const image = `${host}/team/alpine`
      const stored = `windlass rm ${image}:3.20`
      expect(await completed(`windlass rm ${host.slice(0, 6)}`, stored)).toBe(`> ${stored}`)
      // Only the registry has 3.21.
      const list = await typed(
        `windlass pull ${image}:`,
        (text) => text.includes('3.21') && text.includes('3.20'),
      )
      expect(list).toContain('3.20')
      expect(list).toContain('3.21')
      const unique = `windlass pull ${host}/team/other:only`
      expect(await completed(`windlass pull ${host}/team/other:o`, unique)).toBe(`> ${unique}`)
    },
  )

  it.skipIf(!isThere)('does not run what is typed', { timeout: 60_000 }, async () => {
    const trap = path.join(home, `trap-${name}`)
    await typed(`windlass inspect "$(touch ${trap})" --no-t`, (text) => text.includes('--no-tags'))
    expect(existsSync(trap)).toBe(false)
  })
})
