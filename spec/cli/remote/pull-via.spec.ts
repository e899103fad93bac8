import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { run } from '../../../cli/program.js'
import { WindlassClient } from '../../../lib/api/client.js'
import { faults } from '../../../lib/testing/registry/index.js'
import { putImage } from '../../../lib/testing/images/index.js'
import { serve } from '../../../server/index.js'
import { TestTerminal, windlass } from '../../support/cli/test-terminal.js'
import { largeImage } from '../../support/watching.js'
import { Workbench, imageOf } from '../../support/workbench.js'

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

describe('a pull by a server, with options of its own', () => {
  /** A server with two images, and the bodies of the orders that it received. */
  async function scene() {
    const registry = await bench.registry()
    const image = imageOf(['app'], { platform: { os: 'linux', architecture: 's390x' } })
    for (const tag of ['1', '2']) await putImage(registry, 'team/app', tag, image)
    const server = await serve({
      listen: [{ kind: 'tcp', host: '127.0.0.1', port: 0 }],
      open: { store: bench.path(), retries: 1 },
    })
    onTestFinished(() => server.close())
    const host = server.addresses[0]!
    const orders: unknown[] = []
    const send = fetch
    vi.stubGlobal('fetch', (input: string, init?: RequestInit) => {
      if (init?.method === 'POST' && input.endsWith('/pulls')) orders.push(JSON.parse(init.body as string))
      return send(input, init)
    })
    onTestFinished(() => void vi.unstubAllGlobals())
    const env = { WINDLASS_TOKEN: server.token, WINDLASS_HOST: host, WINDLASS_STORE: bench.path() }
    const name = (tag: string): string => `${registry.host}/team/app:${tag}`
    const pull = (...words: readonly string[]) => windlass(['pull', ...words], { env })
    return {
      pull,
      orders,
      name,
      host,
      image,
      env,
      client: new WindlassClient({ url: host, token: server.token }),
    }
  }
  const platform = ['--platform', 'linux/s390x']

  it('passes on the platform and whether to unpack, and nothing that was not said', async () => {
    const { pull, orders, name, host } = await scene()
    expect((await pull('--via', host, ...platform, '--no-unpack', name('1'))).code).toBe(0)
    await pull('--via', host, name('missing'))
    expect(orders).toEqual([
      { image: name('1'), platform: 'linux/s390x', unpack: false },
      { image: name('missing') },
    ])
  })

  it('takes the first image for the address only if it can be one, and the address from the environment else', async () => {
    const { pull, orders, name, image } = await scene()
    const { code, out } = await pull(...platform, '--json', '--via', name('1'), name('2'))
    expect(code).toBe(0)
    expect(orders).toMatchObject([{ image: name('1') }, { image: name('2') }])
    const results = out
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { digest: string })
    expect(results.map(({ digest }) => digest)).toEqual(Array(2).fill(image.manifest.digest))
  })

  it('refuses options that are those of the server, but not their variables', async () => {
    const { pull, orders, name } = await scene()
    for (const [option, ...value] of [
      ['--store', 'x'],
      ['--rootfs', 'x'],
      ['--max-downloads', '1'],
      ['--discard-blobs'],
    ]) {
      const { code, err } = await pull(option!, ...value, name('1'), '--via')
      expect({ code, err }).toEqual({
        code: 2,
        err: expect.stringContaining(`The option ${option} cannot be used with --via`) as string,
      })
    }
    expect(orders).toEqual([])
  })

  it('reports each failure and ends with the code of the first one; the first one ends all if that is asked for', async () => {
    const { pull, orders, name } = await scene()
    const all = [name('missing'), name('1'), 'No Name']
    const { code, out, err } = await pull(...platform, ...all, '--via')
    expect(out).toContain(`${name('1')}@`)
    for (const failed of ['missing', 'No Name']) expect(err).toContain(failed)
    const alone = await pull(...platform, name('missing'), '--via')
    expect([code, alone.code]).toEqual([alone.code, code])
    for (const failing of [name('missing'), 'No Name']) {
      orders.length = 0
      const fast = ['--fail-fast', '--concurrency', '1']
      const ended = await pull(...platform, ...fast, failing, name('1'), '--via')
      expect([ended.code === 0, ended.out, orders.length]).toEqual([false, '', 1])
    }
  })
})
