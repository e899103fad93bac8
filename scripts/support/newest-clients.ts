/** Lets the newest clients of Docker pull, keep and exchange images through `windlass serve`. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { bench, type PeerHost } from '../../benchmarks/peers/peer-host.js'
import { program } from '../../benchmarks/shared/pull-once.js'
import { buildImage, putImage } from '../../lib/testing/images/index.js'
import { startRegistry } from '../../lib/testing/registry/index.js'
import { startServer } from '../../testbench/harness/server-process.js'

/** Runs `work`, and records it as an exchange of `tool`. */
type Exchange = (tool: string, what: string, work: () => unknown) => Promise<void>

/**
 * @param directory directory for the server, as this process sees it; `bench` in the root is its parent
 * @param name name of the directory
 */
export async function exchangeWithServe(
  host: PeerHost,
  { directory, name }: { readonly directory: string; readonly name: string },
  exchange: Exchange,
): Promise<void> {
  const registry = await startRegistry()
  const server = startServer(process.execPath, [
    ...[program(), 'serve', '--plain-http', '--store', join(directory, 'store')],
    ...['--listen', `unix:${join(directory, 'socket')}`],
  ])
  const docker = (...args: readonly string[]): Promise<string> =>
    host.run(['docker', '-H', `unix://${bench}/${name}/socket`, ...args])
  const [one, two] = ['1', '2'].map((tag) => `${registry.host}/team/app:${tag}`) as [string, string]
  const assertListed = async (...expected: readonly string[]): Promise<void> => {
    const listed = (await docker('images', '--format', '{{.Repository}}:{{.Tag}}')).trim().split('\n').sort()
    if (listed.join() !== expected.join()) throw new Error(`it lists ${listed.join(', ')}`)
  }
  try {
    for (const tag of ['1', '2'])
      await putImage(
        registry,
        'team/app',
        tag,
        buildImage({ layers: [{ entries: [{ path: tag, content: tag }] }] }),
      )
    writeFileSync(
      join(directory, 'compose.yaml'),
      JSON.stringify({ services: { one: { image: one }, two: { image: two } } }),
    )
    await server.waitForLine(/^Listening on /)
    await exchange('docker compose', '`docker compose pull` from `windlass serve`', async () => {
      await docker('compose', '-f', `${bench}/${name}/compose.yaml`, 'pull')
      await assertListed(one, two)
    })
    await exchange('docker', '`docker pull -a`, `images`, `inspect` with `windlass serve`', async () => {
      await docker('pull', '-a', `${registry.host}/team/app`)
      await assertListed(one, two)
      await docker('image', 'inspect', one)
    })
    await exchange('docker', '`docker save`, `rmi`, `load` with `windlass serve`', async () => {
      await docker('save', '-o', `${bench}/${name}/saved.tar`, one)
      await docker('rmi', one)
      await assertListed(two)
      await docker('load', '-i', `${bench}/${name}/saved.tar`)
      await assertListed(one, two)
    })
  } finally {
    await server.stop()
    await registry.close()
  }
}
