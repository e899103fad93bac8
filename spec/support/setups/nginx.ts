/** Runs a real nginx on a free loopback port, which serves registries below paths of its own. */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { startServer } from '../../../testbench/harness/server-process.js'

export interface Nginx {
  /** `127.0.0.1:port`. */
  readonly host: string
  close(): Promise<void>
}

/**
 * Starts nginx. It passes the path of a request in the header `x-path`.
 * @param paths - the URL that is served below each path, which starts and ends with a slash
 */
export async function startNginx(paths: Readonly<Record<string, string>>): Promise<Nginx> {
  const directory = await mkdtemp(join(tmpdir(), 'windlass-nginx-'))
  const host = await freeAddress()
  const locations = Object.entries(paths).map(
    ([path, url]) => `location ${path} { proxy_pass ${url}; proxy_set_header x-path $request_uri; }`,
  )
  const bodies = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
    (kind) => `${kind}_temp_path ${directory}/temporary;`,
  )
  await mkdir(join(directory, 'temporary'))
  await writeFile(
    join(directory, 'nginx.conf'),
    `daemon off; master_process off; pid ${directory}/pid; error_log stderr;
events { worker_connections 64; }
http { access_log off; ${bodies.join(' ')} server { listen ${host}; ${locations.join('\n')} } }
`,
  )
  const server = startServer('nginx', ['-p', directory, '-c', join(directory, 'nginx.conf')])
  for (let attempt = 0; attempt < 100; attempt++) {
    const answers = await fetch(`http://${host}/`).then(
      (answer) => answer.arrayBuffer(),
      () => undefined,
    )
    if (answers !== undefined) break
    await setTimeout(50)
  }
  return {
    host,
    async close() {
      await server.stop()
      await rm(directory, { recursive: true, force: true })
    },
  }
}

/** Returns an address of this machine at which nothing listens. */
export async function freeAddress(): Promise<string> {
  const server = createServer().listen(0, '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))
  const { port } = server.address() as AddressInfo
  await new Promise((resolve) => server.close(resolve))
  return `127.0.0.1:${port}`
}
