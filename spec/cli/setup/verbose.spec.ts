import { expect, it } from 'vitest'
import { requestLine, verboseOptions } from '../../../cli/setup/verbose.js'
import { Messages } from '../../../cli/terminal/messages.js'
import { putImage, startRegistry, tinyImage } from '../../../lib/testing/index.js'
import { TestTerminal, windlass } from '../../support/cli/test-terminal.js'
import { temporaryDirectory } from '../../support/temporary-directory.js'

const directory = temporaryDirectory()

it('describes a request on one line', () => {
  const report = {
    method: 'GET',
    url: 'https://r.example/v2/',
    role: 'registry',
    duration: 12,
    received: 1234,
  } as const
  expect(requestLine({ ...report, status: 200 })).toBe('GET https://r.example/v2/: 200, 1.23 kB in 12 ms')
  expect(requestLine({ ...report, role: 'storage', error: 'NETWORK' })).toBe(
    'GET https://r.example/v2/ (storage): NETWORK, 1.23 kB in 12 ms',
  )
})

it('does nothing unless it is wanted', () => {
  expect(verboseOptions({}, new Messages(new TestTerminal().stderr))).toEqual({})
})

it('prints the requests of a command, without credentials', async () => {
  const registry = await startRegistry({ auth: { kind: 'basic', username: 'me', password: 'hunter2' } })
  try {
    await putImage(registry, 'team/app', '1.0', tinyImage())
    const name = `${registry.host}/team/app:1.0`
    const login = ['--username', 'me', '--password-stdin', '--store', `${directory}/store`]
    const pull = ['pull', '--platform', 'linux/amd64', ...login, name]
    const { code, err } = await windlass([...pull, '-q', '-v'], { stdin: 'hunter2' })
    expect(code).toBe(0)
    expect(err).toMatch(
      /^GET http:\/\/127\.0\.0\.1:\d+\/v2\/team\/app\/manifests\/1\.0: 200, [\d.]+ k?B in \d+ ms$/m,
    )
    expect(err).not.toContain('hunter2')
    expect((await windlass([...pull, '-q'], { stdin: 'hunter2' })).err).not.toContain('GET ')
    const json = await windlass([...pull, '-vv', '--progress', 'json'], { stdin: 'hunter2' })
    const lines = json.err.trimEnd().split('\n')
    expect(lines.every((line) => line.startsWith('{'))).toBe(true)
  } finally {
    await registry.close()
  }
})
