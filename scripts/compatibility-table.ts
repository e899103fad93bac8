/**
 * Asks other pullers for every case of testbench/compatibility, keeps what they made of it in
 * testbench/compatibility/peers.json, and writes docs/compatibility-peers.md:
 *
 *     npx tsx scripts/compatibility-table.ts [--peers skopeo,crane,…] [--cases ID,…] [--seconds 60] [--page]
 *
 * Needs root, for the peers run in a Debian of their own (benchmarks/peers/root.ts). With `--page` nobody is asked: the
 * page is written of what is kept.
 */
import { existsSync, writeFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { type PeerHost, startPeerHost } from '../benchmarks/peers/peer-host.js'
import { peersRoot } from '../benchmarks/peers/root.js'
import { CaseHost } from '../testbench/compatibility/case-host.js'
import type { CompatibilityCase } from '../testbench/compatibility/case.js'
import { cases } from '../testbench/compatibility/cases/index.js'
import { compatibilityPage } from '../testbench/compatibility/page.js'
import { type PeerOutcomes, peersFile, readPeers } from '../testbench/compatibility/peers.js'
import {
  type AskedPeer,
  askedPeerNames,
  attempt,
  questionDirectory,
  startAskedPeer,
} from './support/asked-peers.js'

const { values } = parseArgs({
  options: {
    peers: { type: 'string', default: askedPeerNames.join(',') },
    cases: { type: 'string', default: '' },
    seconds: { type: 'string', default: '60' },
    page: { type: 'boolean', default: false },
  },
})

const page = fileURLToPath(new URL('../docs/compatibility-peers.md', import.meta.url))
const none: PeerOutcomes = { versions: {}, skipped: {}, outcomes: {} }
let kept = existsSync(peersFile) ? readPeers() : none

function keep(): void {
  // In the order of the cases, and without those that are gone.
  const outcomes = Object.fromEntries(cases.map(({ id }) => [id, kept.outcomes[id] ?? {}]))
  kept = { ...kept, outcomes }
  writeFileSync(peersFile, `${JSON.stringify(kept, undefined, 2)}\n`)
  writeFileSync(page, compatibilityPage(cases, kept))
}

function found(id: string, peer: string, outcome: string): void {
  kept = { ...kept, outcomes: { ...kept.outcomes, [id]: { ...kept.outcomes[id], [peer]: outcome } } }
}

/** Serves a case anew and asks one peer for it: `taken`, or why not; undefined where the peer cannot be asked that. */
async function ask(host: PeerHost, peer: AskedPeer, each: CompatibilityCase): Promise<string | undefined> {
  const caseHost = await CaseHost.start(each.id, each.registry)
  const served = (await each.serve(caseHost)) ?? {}
  const place = await questionDirectory(host, `${peer.name}-${each.id}`, served.authFile)
  try {
    const reference = `${caseHost.registry.host}/${served.name ?? 'app:latest'}`
    const commands = peer.commands({ reference, asks: each.asks, ...place })
    if (commands === undefined) return undefined
    for (const command of commands) {
      const reason = await attempt(host, command, Number(values.seconds))
      if (reason !== undefined) return reason
    }
    // Who copies artifacts asks for their layers; who pulls images has none to ask for.
    const breach = each.kind === 'artifacts' ? undefined : served.breach?.()
    return breach === undefined ? 'taken' : `taken, but ${breach}`
  } finally {
    await caseHost.close()
    await host.run(['sh', '-c', 'umount -l "$0"/root/overlay 2>/dev/null; rm -rf "$0"', place.directory])
  }
}

async function askAll(host: PeerHost, name: string, chosen: readonly CompatibilityCase[]): Promise<void> {
  let peer: AskedPeer
  try {
    peer = await startAskedPeer(host, name)
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    process.stderr.write(`SKIPPED: ${name}: ${reason}\n`)
    kept = { ...kept, skipped: { ...kept.skipped, [name]: reason.slice(0, 300) } }
    return
  }
  const skipped = Object.entries(kept.skipped).filter(([each]) => each !== name)
  kept = {
    ...kept,
    skipped: Object.fromEntries(skipped),
    versions: { ...kept.versions, [name]: peer.version },
  }
  try {
    for (const each of chosen) {
      const outcome = await ask(host, peer, each)
      if (outcome === undefined) continue
      found(each.id, name, outcome)
      process.stdout.write(`${name}\t${each.id}\t${outcome}\n`)
    }
  } finally {
    await peer.stop?.()
  }
}

if (!values.page) {
  const wanted = values.cases === '' ? cases.map(({ id }) => id) : values.cases.split(',')
  const chosen = cases.filter(({ id }) => wanted.includes(id))
  const stores = await mkdtemp(join(tmpdir(), 'windlass-asked-'))
  const host = await startPeerHost(await peersRoot(), stores)
  try {
    for (const name of values.peers.split(',')) {
      await askAll(host, name, chosen)
      keep()
    }
  } finally {
    await host.stop()
    await rm(stores, { recursive: true, force: true })
  }
}
keep()
process.stdout.write(`${page}\n`)
