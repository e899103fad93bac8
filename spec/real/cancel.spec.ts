/** Ctrl-C in the middle of a pull: exit 130, nothing left in staging, and the next pull finishes the work. */
import { existsSync } from 'node:fs'
import { readdir } from 'node:fs/promises'
import { createServer, request } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { Transform } from 'node:stream'
import { setTimeout } from 'node:timers/promises'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { expectExit, runWindlass } from '../../testbench/harness/command-line.js'
import { describeReal } from '../../testbench/harness/components.js'
import { startDistribution, type Distribution } from '../../testbench/harness/distribution.js'
import { expectSameTree } from '../../testbench/harness/same-tree.js'
import { workspace } from '../../testbench/harness/workspace.js'
import { pushedImages, type PushedImages } from '../../testbench/images/pushed.js'

interface SlowProxy {
  readonly host: string
  /** Resolves when the first part of a blob has gone through. */
  readonly started: Promise<void>
  hurry(): void
  stop(): Promise<void>
}

/** In front of the real registry: lets a blob through at about 256 KiB/s, until told to hurry. */
async function slowProxy(registry: Distribution): Promise<SlowProxy> {
  let slow = true
  let tellStarted = (): void => undefined
  const started = new Promise<void>((resolve) => (tellStarted = resolve))
  const server = createServer((incoming, outgoing) => {
    const { method, url, headers } = incoming
    const upstream = request(`http://${registry.host}${url ?? '/'}`, { method, headers }, (answer) => {
      outgoing.writeHead(answer.statusCode ?? 502, answer.headers)
      const pace = new Transform({
        transform(chunk: Buffer, _encoding, done) {
          const isBlob = (url ?? '').includes('/blobs/')
          if (isBlob) tellStarted()
          void setTimeout(isBlob && slow ? chunk.length / 256 : 0).then(() => done(null, chunk))
        },
      })
      answer.pipe(pace).pipe(outgoing)
    })
    upstream.on('error', () => outgoing.destroy())
    outgoing.on('close', () => upstream.destroy())
    upstream.end()
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    host: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    started,
    hurry: () => void (slow = false),
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

describeReal('a pull that is interrupted', () => {
  let pushed: PushedImages
  let registry: Distribution

  beforeAll(async () => {
    pushed = await pushedImages()
    registry = await startDistribution({ storage: pushed.storage, readOnly: true })
  }, 300_000)
  afterAll(() => registry.stop())

  it.each(['SIGINT', 'SIGTERM'] as const)(
    'by %s ends with 130 and leaves no staging; the next one finishes',
    async (signal) => {
      const { store, path } = await workspace()
      const proxy = await slowProxy(registry)
      try {
        const name = `${proxy.host}/windlass/app:oci-gzip`
        const begun = Date.now()
        const result = await runWindlass(['pull', name, '--plain-http', '--store', store], {
          onStart: (child) => void proxy.started.then(() => setTimeout(300)).then(() => child.kill(signal)),
        })
        expectExit(result, 130, '')
        expect(result.stderr).not.toMatch(/^\s+at /m)
        expect(Date.now() - begun, 'it did not wait for the download').toBeLessThan(20_000)
        const staging = join(store, 'staging')
        expect(existsSync(staging) ? await readdir(staging) : []).toEqual([])

        proxy.hurry()
        const again = await runWindlass([
          'pull',
          name,
          '--plain-http',
          '--store',
          store,
          '--rootfs',
          path('rootfs'),
        ])
        expectExit(again, 0)
        await expectSameTree(path('rootfs'), pushed.app.rootfs)
      } finally {
        await proxy.stop()
      }
    },
  )
})
