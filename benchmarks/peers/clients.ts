/** Peers that consist of one program: podman, skopeo with umoci, crane, oras; and a lower bound for the machine. */
import { emptyStore, inTurn, type Peer } from './peer.js'
import { bench, type PeerHost } from './peer-host.js'

/** Preparation of a peer without a server: its store is emptied before and after a run. */
const withEmptyStore = (host: PeerHost, name: string): Pick<Peer, 'prepare' | 'clear'> => ({
  prepare: () => emptyStore(host, name),
  clear: () => emptyStore(host, name),
})

const firstNumber = (text: string): string => /\d+\.\d+(?:\.\d+)?/.exec(text)?.[0] ?? 'unknown'

const packaged = async (host: PeerHost, name: string): Promise<string> =>
  firstNumber(await host.run(['dpkg-query', '-W', '-f', '${Version}', name]))

export async function podman(host: PeerHost): Promise<Peer> {
  const store = `${bench}/podman`
  const base = ['podman', '--root', store, '--runroot', '/run/podman', '--storage-driver', 'overlay']
  const empty = async (): Promise<void> => {
    await emptyStore(host, 'podman')
    await host.run(['rm', '-rf', '/run/podman'])
  }
  return {
    name: 'podman',
    version: await packaged(host, 'podman'),
    works: ['unpack', 'again'],
    prepare: empty,
    clear: empty,
    run: (reference) => inTurn(host, [...base, 'pull', '-q', '--tls-verify=false', reference]),
    tree: async (reference) => (await host.run([...base, 'image', 'mount', reference])).trim(),
  }
}

export async function skopeoUmoci(host: PeerHost): Promise<Peer> {
  const store = `${bench}/skopeo`
  const copy = (reference: string): string[] => [
    ...['skopeo', '--insecure-policy', 'copy', '-q', '--src-tls-verify=false'],
    ...[`docker://${reference}`, `oci:${store}/image:it`],
  ]
  return {
    name: 'skopeo + umoci',
    version: `${await packaged(host, 'skopeo')} + ${await packaged(host, 'umoci')}`,
    works: ['unpack', 'fetch', 'again'],
    // The work `again` only pulls, because umoci does not record what it has unpacked.
    filledBy: 'fetch',
    ...withEmptyStore(host, 'skopeo'),
    run: (reference, work) =>
      work === 'unpack'
        ? inTurn(host, copy(reference), [
            ...['umoci', 'raw', 'unpack', '--image', `${store}/image:it`, `${store}/tree`],
          ])
        : inTurn(host, copy(reference)),
    tree: () => Promise.resolve(`${store}/tree`),
  }
}

export async function crane(host: PeerHost): Promise<Peer> {
  return {
    name: 'crane',
    version: await packaged(host, 'crane'),
    works: ['fetch', 'again'],
    filledBy: 'fetch',
    ...withEmptyStore(host, 'crane'),
    run: (reference) =>
      inTurn(host, ['crane', 'pull', '--insecure', '--format', 'oci', reference, `${bench}/crane/image`]),
  }
}

export async function oras(host: PeerHost): Promise<Peer> {
  return {
    name: 'oras',
    version: await packaged(host, 'oras'),
    works: ['fetch', 'again'],
    filledBy: 'fetch',
    ...withEmptyStore(host, 'oras'),
    run: (reference) =>
      inTurn(host, [
        ...['oras', 'copy', '--from-plain-http', '--to-oci-layout', '--no-tty'],
        ...[reference, `${bench}/oras/image:it`],
      ]),
  }
}

/** Fetches two layers at a time without verifying or storing them: a lower bound for every puller. */
export function floor(host: PeerHost, layersOf: (reference: string) => Promise<readonly string[]>): Peer {
  return {
    name: 'floor: curl, igzip, tar',
    version: '',
    works: ['unpack', 'fetch'],
    ...withEmptyStore(host, 'floor'),
    async run(reference, work) {
      const urls = await layersOf(reference)
      const take = work === 'fetch' ? 'cat > /dev/null' : 'igzip -d | tar -xpf - -C "$d"'
      const one = `d=$(mktemp -d ${bench}/floor/XXXXXX); curl -sSfL "$1" | ${take}`
      const script = 'printf "%s\\n" "$@" | xargs -P 2 -n 1 sh -c \'' + one + "' layer"
      return inTurn(host, ['sh', '-c', script, 'floor', ...urls])
    },
  }
}
