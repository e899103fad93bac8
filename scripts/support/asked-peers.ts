/** Runs other pullers, each with its own store, on one case after the other. */
import { spawn } from 'node:child_process'
import { mkdir, writeFile } from 'node:fs/promises'
import type { CompatibilityCase } from '../../testbench/compatibility/case.js'
import { bench, type PeerHost } from '../../benchmarks/peers/peer-host.js'
import { containerdAt, dockerdAt } from '../../benchmarks/peers/servers.js'

export interface Question {
  /** Registry and name of the image. */
  readonly reference: string
  readonly asks: CompatibilityCase['action']
  /** Empty directory in the root of the peers, removed afterwards. */
  readonly directory: string
  /** Directory in it with `config.json`, if the case has a credentials file. */
  readonly login: string | undefined
}

export interface AskedPeer {
  readonly name: string
  readonly version: string
  /** Returns the commands that must succeed in this order; undefined if the peer does not support the request. */
  commands(question: Question): readonly (readonly string[])[] | undefined
  stop?(): Promise<void>
}

const packaged = async (host: PeerHost, name: string): Promise<string> =>
  /\d+\.\d+(?:\.\d+)?/.exec(await host.run(['dpkg-query', '-W', '-f', '${Version}', name]))?.[0] ?? 'unknown'

const platform = 'linux/amd64'

type Maker = (host: PeerHost) => Promise<AskedPeer>

const skopeoCopy = ({ reference, directory, login }: Question): string[] => [
  ...['skopeo', '--insecure-policy', '--override-os', 'linux', '--override-arch', 'amd64', 'copy', '-q'],
  ...['--src-tls-verify=false', ...(login === undefined ? [] : ['--src-authfile', `${login}/config.json`])],
  ...[`docker://${reference}`, `oci:${directory}/image:it`],
]

const makers: Readonly<Record<string, Maker>> = {
  skopeo: async (host) => ({
    name: 'skopeo',
    version: await packaged(host, 'skopeo'),
    commands: (question) =>
      question.asks === 'pull'
        ? [skopeoCopy(question)]
        : [['skopeo', 'list-tags', '--tls-verify=false', `docker://${question.reference}`]],
  }),
  umoci: async (host) => ({
    name: 'umoci',
    version: await packaged(host, 'umoci'),
    commands: (question) =>
      question.asks === 'pull'
        ? [
            skopeoCopy(question),
            [
              'umoci',
              'raw',
              'unpack',
              '--image',
              `${question.directory}/image:it`,
              `${question.directory}/tree`,
            ],
          ]
        : undefined,
  }),
  crane: async (host) => ({
    name: 'crane',
    version: await packaged(host, 'crane'),
    commands({ reference, asks, directory, login }) {
      const crane = [...(login === undefined ? [] : ['env', `DOCKER_CONFIG=${login}`]), 'crane']
      if (asks === 'tags') return [[...crane, 'ls', '--insecure', reference]]
      const options = ['--insecure', '--platform', platform, reference]
      return [
        [...crane, 'pull', ...options, `${directory}/image.tar`],
        [...crane, 'export', ...options, `${directory}/tree.tar`],
      ]
    },
  }),
  podman: async (host) => ({
    name: 'podman',
    version: await packaged(host, 'podman'),
    commands({ reference, asks, directory, login }) {
      const podman = ['podman', '--root', `${directory}/root`, '--runroot', `${directory}/run`]
      const options = [
        '--tls-verify=false',
        ...(login === undefined ? [] : ['--authfile', `${login}/config.json`]),
      ]
      if (asks === 'tags')
        return [[...podman, 'search', '--list-tags', '--limit', '1000000', ...options, reference]]
      return [[...podman, '--storage-driver', 'overlay', 'pull', '-q', '--retry', '0', ...options, reference]]
    },
  }),
  containerd: async (host) => {
    const { daemon, address } = containerdAt(host, 'containerd')
    await daemon.restart()
    const options = ['--plain-http', '--platform', platform, '--snapshotter', 'overlayfs']
    return {
      name: 'containerd',
      version: await packaged(host, 'containerd'),
      commands: ({ reference, asks, login }) =>
        // ctr reads no credentials file and lists no tags.
        asks === 'tags' || login !== undefined
          ? undefined
          : [['ctr', '-a', address, 'images', 'pull', ...options, reference]],
      stop: () => daemon.stop(),
    }
  },
  docker: async (host) => {
    const { daemon: below, address } = containerdAt(host, 'docker-containerd')
    await below.restart()
    const { daemon, client } = dockerdAt(host, address, ['--max-download-attempts', '1'])
    await daemon.restart()
    return {
      name: 'docker',
      version: await packaged(host, 'docker.io'),
      commands: ({ reference, asks, login }) =>
        asks === 'tags'
          ? undefined
          : [
              client(
                ...(login === undefined ? [] : ['--config', login]),
                'pull',
                '-q',
                '--platform',
                platform,
                reference,
              ),
            ],
      async stop() {
        await daemon.stop()
        await below.stop()
      },
    }
  },
  oras: async (host) => ({
    name: 'oras',
    version: await packaged(host, 'oras'),
    commands({ reference, asks, directory, login }) {
      const config = login === undefined ? [] : ['--registry-config', `${login}/config.json`]
      if (asks === 'tags') return [['oras', 'repo', 'tags', '--plain-http', ...config, reference]]
      const source = config.map((each) => each.replace('--registry', '--from-registry'))
      return [
        [
          ...[
            'oras',
            'copy',
            '--from-plain-http',
            '--to-oci-layout',
            '--no-tty',
            '--platform',
            platform,
            ...source,
          ],
          ...[reference, `${directory}/image:it`],
        ],
      ]
    },
  }),
}

/** Names of all peers, in the order of the table. */
export const askedPeerNames = Object.keys(makers)

/**
 * Starts a peer.
 * @throws Error with the reason if it cannot run on this machine
 */
export async function startAskedPeer(host: PeerHost, name: string): Promise<AskedPeer> {
  const make = makers[name]
  if (make === undefined) throw new Error(`there is no peer '${name}': ${askedPeerNames.join(', ')}`)
  return make(host)
}

/** Makes a directory for one request in the root of the peers, with the credentials file in it. */
export async function questionDirectory(
  host: PeerHost,
  name: string,
  authFile: string | undefined,
): Promise<Pick<Question, 'directory' | 'login'>> {
  const directory = `${bench}/asked/${name}`
  await mkdir(host.seen(directory), { recursive: true })
  if (authFile === undefined) return { directory, login: undefined }
  const login = `${directory}/login`
  await mkdir(host.seen(login))
  await writeFile(host.seen(`${login}/config.json`), authFile)
  return { directory, login }
}

/** Runs a command in the root of the peers. Returns its output if it fails. */
export function attempt(
  host: PeerHost,
  args: readonly string[],
  seconds: number,
): Promise<string | undefined> {
  const [program = '', ...rest] = host.within(args)
  return new Promise((resolve) => {
    const child = spawn(program, rest, { stdio: ['ignore', 'ignore', 'pipe'] })
    let output = ''
    let late = false
    child.stderr.setEncoding('utf8').on('data', (text: string) => (output = (output + text).slice(-20_000)))
    const timer = setTimeout(() => {
      late = true
      child.kill('SIGKILL')
    }, seconds * 1000)
    child.on('error', (error) => resolve(error.message))
    child.on('close', (code) => {
      clearTimeout(timer)
      if (late) resolve(`no end within ${seconds} seconds`)
      else resolve(code === 0 ? undefined : reasonIn(output))
    })
  })
}

const maxReasonLength = 160

/** Returns the last message of the output, without parts that differ between runs. */
function reasonIn(output: string): string {
  const lines = output.split('\n').filter((line) => line.trim() !== '')
  const last = lines.at(-1) ?? 'nothing was said'
  const message = /\bmsg="((?:[^"\\]|\\.)*)"/.exec(last)?.[1]?.replace(/\\(.)/g, '$1') ?? last
  const plain = message
    .replace(/^(Error:|Error response from daemon:|ctr:|FATA\[\d+\])\s*/, '')
    .replace(/\d{4}\/\d\d\/\d\d \d\d:\d\d:\d\d /, '')
    .replace(/127\.0\.0\.1:\d+/g, 'REGISTRY')
    .replace(/\b(sha\d+|blake3):[0-9a-f]{12,}/gi, '$1:…')
    .replace(/\/bench\/\S+\//g, '…/')
    .replace(/\p{Cc}+/gu, ' ')
    .trim()
  if (plain.length <= maxReasonLength) return plain
  // The reason is at the end of a message.
  const end = plain.slice(-maxReasonLength)
  const at = end.indexOf(': ')
  return `… ${at === -1 ? end : end.slice(at + 2)}`
}
