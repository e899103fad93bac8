/**
 * Runs other pullers on every case of testbench/compatibility, stores their results in testbench/compatibility/peers.json, and
 * writes docs/compatibility-peers.md:
 *
 *     npx tsx scripts/compatibility-table.ts [--peers skopeo,crane,…] [--cases ID,…] [--seconds 60] [--page]
 *
 * Requires root, because the peers run in their own Debian root (benchmarks/peers/root.ts). With `--page`, no peer
 * runs: the page is written from the stored results.
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
let stored = existsSync(peersFile) ? readPeers() : none

function keep(): void {
  // Results in the order of the cases, without those of removed cases.
  const outcomes = Object.fromEntries(cases.map(({ id }) => [id, stored.outcomes[id] ?? {}]))
  stored = { ...stored, outcomes }
  writeFileSync(peersFile, `${JSON.stringify(stored, undefined, 2)}\n`)
  writeFileSync(page, compatibilityPage(cases, stored))
}

function record(id: string, peer: string, outcome: string): void {
  stored = { ...stored, outcomes: { ...stored.outcomes, [id]: { ...stored.outcomes[id], [peer]: outcome } } }
}

/**
 * Serves a case and runs one peer on it. Returns `taken` or the reason of the refusal; undefined if the peer does not
 * support the request.
 */
async function ask(host: PeerHost, peer: AskedPeer, each: CompatibilityCase): Promise<string | undefined> {
  const caseHost = await CaseHost.start(each.id, each.registry)
  const served = (await each.serve(caseHost)) ?? {}
  const place = await questionDirectory(host, `${peer.name}-${each.id}`, served.authFile)
  try {
    const reference = `${caseHost.registry.host}/${served.name ?? 'app:latest'}`
    const commands = peer.commands({ reference, asks: each.action, ...place })
    if (commands === undefined) return undefined
    for (const command of commands) {
      const reason = await attempt(host, command, Number(values.seconds))
      if (reason !== undefined) return reason
    }
    // A peer that copies artifacts requests layers, which only a puller of images must not do.
    const breach = each.kind === 'artifacts' ? undefined : served.violation?.()
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
    stored = { ...stored, skipped: { ...stored.skipped, [name]: reason.slice(0, 300) } }
    return
  }
  const skipped = Object.entries(stored.skipped).filter(([each]) => each !== name)
  stored = {
    ...stored,
    skipped: Object.fromEntries(skipped),
    versions: { ...stored.versions, [name]: peer.version },
  }
  try {
    for (const each of chosen) {
      const outcome = await ask(host, peer, each)
      if (outcome === undefined) continue
      record(each.id, name, outcome)
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
