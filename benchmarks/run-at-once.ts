/**
 * Compares 16 pulls at once of images that share half of their layers: one process of Windlass, which starts or runs
 * already, and containerd with as many clients. Requires root.
 *
 *     npm run bench -- at-once --pulls 16 --runs 7
 *
 * --second-node is the path of another Node, which runs Windlass as well. Writes <out>/at-once.json and at-once.md.
 */
import { mkdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { compare } from './compare.js'
import { type Runtime, runtimes } from './contenders.js'
import { axes } from './growth/axes.js'
import { referenceOf, serveImages } from './growth/images.js'
import { emptyStore, inTurn, type Peer, withServers } from './peers/peer.js'
import { type PeerHost, startPeerHost } from './peers/peer-host.js'
import { peersRoot } from './peers/root.js'
import { containerdAt } from './peers/servers.js'
import { residentLibrary } from './peers/warm.js'
import { atOnceTable } from './report/at-once-table.js'
import { describeMachine } from './shared/machine.js'
import { runMeasured } from './shared/measured.js'
import { program } from './shared/pull-once.js'
import { temporary } from './shared/temporary.js'

const { values } = parseArgs({
  options: {
    pulls: { type: 'string', default: '16' },
    runs: { type: 'string', default: '7' },
    suite: { type: 'string', default: 'testing' },
    'second-node': { type: 'string', default: '' },
    out: { type: 'string', default: 'docs/benchmarks' },
  },
})
const [pulls, runs] = [Number(values.pulls), Number(values.runs)]
if (![pulls, runs].every((each) => Number.isInteger(each) && each > 0))
  throw new Error('--pulls and --runs must be numbers of at least 1')

function onePuller(host: PeerHost, under: string, { node, suffix, version }: Runtime): Peer {
  const store = join(under, 'windlass')
  const clear = (): Promise<void> => rm(store, { recursive: true, force: true })
  return {
    ...{ name: `windlass, one process${suffix}`, version, works: ['unpack'], prepare: clear, clear },
    run: (references) =>
      runMeasured(
        host.beside([
          ...[node, program(), 'pull', '-q', '--plain-http', '--store', store],
          ...['--concurrency', values.pulls, ...references.split(' ')],
        ]),
      ),
  }
}

/** Times that the running process gets the images before it is measured. */
const warmUp = 5

async function manyClients(host: PeerHost): Promise<Peer> {
  const { daemon, address } = containerdAt(host, 'containerd')
  const pull = `ctr -a ${address} images pull --plain-http --snapshotter overlayfs`
  const script = `for each in "$@"; do ${pull} "$each" > /dev/null & all="$all $!"; done; for one in $all; do wait $one || exit 1; done`
  const clear = async (): Promise<void> => {
    await daemon.stop()
    await emptyStore(host, 'containerd')
  }
  return {
    name: `containerd, ${pulls} of ctr`,
    version: /\d+\.\d+\.\d+/.exec(await host.run(['containerd', '--version']))?.[0] ?? 'unknown',
    works: ['unpack'],
    async prepare() {
      await clear()
      await daemon.restart()
    },
    clear,
    run: (references) =>
      withServers([daemon.pid], () => inTurn(host, ['sh', '-c', script, 'pull', ...references.split(' ')])),
  }
}

const machine = await describeMachine(tmpdir())
const images = axes.find(({ name }) => name === 'pulls')!.images(pulls)
const registry = await serveImages(`at-once-${pulls}`, images)
const under = await temporary('/dev/shm', 'windlass-at-once-')
const host = await startPeerHost(await peersRoot(values.suite), under)
try {
  const nodes = runtimes(machine.version, values['second-node'])
  const resident = residentLibrary(under, nodes[0]!.version)
  const running: Peer = { ...resident, name: 'windlass, one process that was running', works: ['unpack'] }
  const contenders = [...nodes.map((node) => onePuller(host, under, node)), running, await manyClients(host)]
  const references = images.map((image) => referenceOf(registry, image)).join(' ')
  for (let pull = 0; pull < warmUp; pull++) {
    await running.prepare()
    await running.run(references, 'unpack')
  }
  const comparison = await compare(contenders, {
    ...{ image: `${pulls} at once`, work: 'unpack', store: 'tmpfs', link: '', bytes: 0, stores: under, runs },
    reference: references,
  })
  await resident.stop()
  await mkdir(values.out, { recursive: true })
  await writeFile(join(values.out, 'at-once.json'), `${JSON.stringify({ machine, comparison }, null, 2)}\n`)
  await writeFile(join(values.out, 'at-once.md'), atOnceTable(comparison, machine))
  process.stdout.write(atOnceTable(comparison, machine))
} finally {
  await host.stop()
  await registry.stop()
}
