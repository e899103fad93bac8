import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { run } from '../../../cli/program.js'
import { WindlassClient } from '../../../lib/api/client.js'
import { faults } from '../../../lib/testing/registry/index.js'
import { putImage } from '../../../lib/testing/images/index.js'
import { serve } from '../../../server/index.js'
import { TestTerminal } from '../../support/cli/test-terminal.js'
import { largeImage } from '../../support/watching.js'
import { Workbench } from '../../support/workbench.js'

const bench = new Workbench()

describe('a pull by a server', () => {
  it('is cancelled if the command is interrupted while the server starts it', async () => {
    const registry = await bench.registry()
    await putImage(registry, 'team/app', '1', largeImage(20_000))
    registry.addFault(faults.stall(10, { kind: 'blob', times: Infinity }))
    const server = await serve({
      listen: [{ kind: 'tcp', host: '127.0.0.1', port: 0 }],
      open: { store: bench.path() },
    })
    onTestFinished(() => server.close())
    const host = server.addresses[0]!
    const terminal = new TestTerminal({ env: { WINDLASS_TOKEN: server.token } })
    const send = fetch
    vi.stubGlobal('fetch', async (input: string, init?: RequestInit) => {
      const response = await send(input, init)
      if (init?.method === 'POST' && input.endsWith('/pulls')) terminal.signals.emit('SIGINT')
      return response
    })
    onTestFinished(() => void vi.unstubAllGlobals())
    const name = `${registry.host}/team/app:1`
    const code = run(['pull', '--via', host, '--platform', 'linux/amd64', name], terminal)
    const client = new WindlassClient({ url: host, token: server.token })
    const states = async () => (await client.pulls()).map(({ state }) => state)
    await expect.poll(states, { timeout: 9_000 }).toEqual(['cancelled'])
    expect(await code).toBe(130)
  })
})
