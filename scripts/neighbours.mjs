#!/usr/bin/env node
/**
 * Runs many processes on one store. Each pulls, removes names, collects garbage and verifies in random order, with
 * images that share layers. Occasionally one is killed and replaced.
 *
 *   node scripts/neighbours.mjs [--processes 16] [--rounds 200] [--kill-every 40] [--seed 1]
 *
 * No verification may find a problem, and nothing may fail except because another process removed a name. Requires
 * dist/ (npm run build). Exits with 1 if anything failed, or if no process made progress for two minutes.
 */
import { fork } from 'node:child_process'
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { performance } from 'node:perf_hooks'
import { clearInterval, setInterval, setTimeout } from 'node:timers'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { buildImage, putImage, startRegistry } from '../dist/lib/testing/index.js'
import { open } from '../dist/puller/index.js'

const platform = 'linux/amd64'
const { values } = parseArgs({
  options: {
    processes: { type: 'string', default: '16' },
    rounds: { type: 'string', default: '200' },
    'kill-every': { type: 'string', default: '40' },
    seed: { type: 'string', default: '1' },
    child: { type: 'string' },
  },
})

/** Returns a generator of random numbers (mulberry32). */
function random(seed) {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let t = Math.imul(state ^ (state >>> 15), state | 1)
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61)
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296
  }
}

await (values.child === undefined ? parent() : child(JSON.parse(values.child)))

/** Runs one process: `rounds` actions, each reported when it is done. */
async function child({ store, names, rounds, seed }) {
  const next = random(seed)
  const pick = (list) => list[Math.floor(next() * list.length)]
  let windlass = await open({ store, retries: 2, retryDelay: 10 })
  const acts = {
    pull: () =>
      windlass.pull(pick(names), { platform, ...pick([{}, {}, { unpack: false }, { discardBlobs: true }]) })
        .done,
    rm: () =>
      windlass.remove(pick(names)).catch((error) => {
        if (error.code !== 'IMAGE_UNKNOWN') throw error
      }),
    gc: () => windlass.collect({ keepPartials: 0 }),
    verify: async () => {
      const { problems } = await windlass.verify()
      if (problems.length > 0) throw new Error(`verify found ${JSON.stringify(problems)}`)
    },
    reopen: async () => {
      await windlass.close()
      windlass = await open({ store, retries: 2, retryDelay: 10 })
    },
  }
  for (let round = 0; round < rounds; round++) {
    const act = pick(['pull', 'pull', 'pull', 'rm', 'gc', 'gc', 'verify', 'reopen'])
    let error
    const start = performance.now()
    await acts[act]().catch((caught) => (error = `${act}: ${caught.code ?? ''} ${caught.message}`))
    process.send({ act, error, ms: performance.now() - start })
  }
  await windlass.close()
  process.disconnect()
}

async function parent() {
  const [processes, rounds, every, seed] = ['processes', 'rounds', 'kill-every', 'seed'].map((name) =>
    Number(values[name]),
  )
  const work = mkdtempSync(join(existsSync('/dev/shm') ? '/dev/shm' : tmpdir(), 'windlass-neighbours-'))
  const store = join(work, 'store')
  const registry = await startRegistry({ latency: 1 })
  const names = []
  const layer = (name) => ({
    entries: Array.from({ length: 5 }, (_, at) => ({ path: `${name}/${at}`, content: name.repeat(100) })),
  })
  for (const [at, layers] of ['a', 'ab', 'abc', 'ad', 'bd', 'cde', 'ea'].entries()) {
    await putImage(registry, `team/${at}`, '1', buildImage({ layers: [...layers].map(layer) }))
    names.push(`${registry.host}/team/${at}:1`)
  }
  // The store must exist, because the first action may be one that requires it.
  const first = await open({ store })
  await first.pull(names[0], { platform }).done
  await first.close()
  const next = random(seed)
  const done = new Map()
  const failures = []
  let [kills, lastSign] = [0, Date.now()]
  const children = new Set()

  const watch = setInterval(() => {
    if (Date.now() - lastSign < 120_000) return
    failures.push('no process made progress for two minutes')
    for (const each of children) each.kill('SIGKILL')
  }, 1000)

  /** Runs a process and its replacements until all rounds are done. */
  const neighbour = (rest, number) =>
    new Promise((resolve) => {
      const task = { store, names, rounds: rest, seed: number }
      const started = fork(fileURLToPath(import.meta.url), ['--child', JSON.stringify(task)])
      children.add(started)
      let remaining = rest
      let killed = false
      started.on('message', ({ act, error, ms }) => {
        lastSign = Date.now()
        remaining--
        const row = done.get(act) ?? { count: 0, failed: 0, longest: 0 }
        done.set(act, {
          count: row.count + 1,
          failed: row.failed + (error ? 1 : 0),
          longest: Math.max(row.longest, ms),
        })
        if (error) failures.push(error)
        if (remaining > 0 && !killed && next() < 1 / every) {
          killed = true
          // Kills the process during its next action.
          setTimeout(() => started.kill('SIGKILL'), next() * 60)
        }
      })
      started.on('exit', (code, signal) => {
        children.delete(started)
        if (signal === 'SIGKILL') kills++
        else if (code !== 0) failures.push(`a neighbour ended with ${code ?? signal}`)
        resolve(remaining > 0 && signal === 'SIGKILL' ? neighbour(remaining, number + 1000) : undefined)
      })
    })

  const start = performance.now()
  await Promise.all(Array.from({ length: processes }, (_, at) => neighbour(rounds, seed * 1_000_000 + at)))
  clearInterval(watch)

  const windlass = await open({ store })
  const before = await windlass.verify()
  for (const name of names) await windlass.pull(name, { platform }).done
  const after = await windlass.verify()
  for (const { problems } of [before, after])
    failures.push(...problems.map((each) => `at the end: ${JSON.stringify(each)}`))
  for (const name of names) await windlass.remove(name)
  await windlass.collect({ keepPartials: 0 })
  await windlass.close()
  for (const part of ['blobs/sha256', 'layers/sha256', 'layers/by-blob/sha256', 'partial/sha256', 'staging'])
    for (const name of existsSync(join(store, part)) ? readdirSync(join(store, part)) : [])
      failures.push(`left over: ${part}/${name}`)
  await registry.close()
  rmSync(work, { recursive: true, force: true })

  const seconds = ((performance.now() - start) / 1000).toFixed(1)
  console.log(
    `${processes} processes × ${rounds} rounds, ${kills} killed, ${registry.requests.length} requests, ${seconds} s`,
  )
  console.log('act       times  failed  longest')
  for (const [act, { count, failed, longest }] of [...done].sort())
    console.log(
      `${act.padEnd(8)}${String(count).padStart(7)}${String(failed).padStart(8)}${(longest / 1000).toFixed(1).padStart(7)} s`,
    )
  for (const each of [...new Set(failures)].slice(0, 30)) console.log(`FAILED ${each}`)
  console.log(failures.length === 0 ? '\nNo damage.' : `\n${failures.length} failures.`)
  process.exitCode = failures.length === 0 ? 0 : 1
}
