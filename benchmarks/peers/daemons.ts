/** Peers whose server does the work: containerd with ctr, and docker. The cost includes that of the server. */
import { emptyStore, inTurn, type Peer, withServers } from './peer.js'
import { bench, type PeerHost } from './peer-host.js'
import { containerdAt, dockerdAt } from './servers.js'

const versionIn = (text: string): string => /\d+\.\d+\.\d+/.exec(text)?.[0] ?? 'unknown'

export async function containerd(host: PeerHost): Promise<Peer> {
  const { daemon, address } = containerdAt(host, 'containerd')
  const ctr = (...args: readonly string[]): string[] => ['ctr', '-a', address, ...args]
  const clear = async (): Promise<void> => {
    await daemon.stop()
    await emptyStore(host, 'containerd')
  }
  return {
    name: 'containerd (ctr)',
    version: versionIn(await host.run(['containerd', '--version'])),
    works: ['unpack', 'fetch', 'again'],
    async prepare() {
      await clear()
      await daemon.restart()
    },
    clear,
    run: (reference, work) =>
      withServers([daemon.pid], () =>
        work === 'fetch'
          ? inTurn(host, ctr('content', 'fetch', '--plain-http', reference))
          : inTurn(host, ctr('images', 'pull', '--plain-http', '--snapshotter', 'overlayfs', reference)),
      ),
    async tree(reference) {
      const target = `${bench}/containerd-tree`
      await host.run(['mkdir', '-p', target])
      await host.run(ctr('images', 'mount', reference, target))
      return target
    },
  }
}

/**
 * Mounts the layers of an overlay2 image with the top tree $0 on $1, as docker does, and prints the path. The layers
 * are named by docker's short links, because the options of mount(2) have 4,096 bytes, and mounted by the old system
 * call, because the new one has 256. A single layer needs no mount.
 */
const mountLayers = `
  layer=$(dirname "$0")
  if [ ! -e "$layer/lower" ]; then echo "$0"; exit; fi
  mkdir -p "$1"; cd "$(dirname "$layer")"
  LIBMOUNT_FORCE_MOUNT2=always mount -t overlay overlay -o "ro,lowerdir=l/$(cat "$layer/link"):$(cat "$layer/lower")" "$1"
  echo "$1"`

export async function docker(host: PeerHost): Promise<Peer> {
  const { daemon: below, address } = containerdAt(host, 'docker-containerd')
  const { daemon, client } = dockerdAt(host, address)
  const clear = async (): Promise<void> => {
    await daemon.stop()
    await below.stop()
    await host.run(['rm', '-f', '/run/docker.pid'])
    await emptyStore(host, 'docker')
    await emptyStore(host, 'docker-containerd')
  }
  return {
    name: 'docker',
    version: versionIn(await host.run(['docker', '--version'])),
    works: ['unpack', 'again'],
    async prepare() {
      await clear()
      await below.restart()
      await daemon.restart()
    },
    clear,
    run: (reference) =>
      withServers([daemon.pid, below.pid], () => inTurn(host, client('pull', '-q', reference))),
    async tree(reference) {
      const format = '{{ .GraphDriver.Data.UpperDir }}'
      const top = (await host.run(client('image', 'inspect', '-f', format, reference))).trim()
      return (await host.run(['sh', '-euc', mountLayers, top, `${bench}/docker-tree`])).trim()
    },
  }
}
