#!/usr/bin/env node
/**
 * Kills a pull with SIGKILL at every system call that changes its store, one per run, and checks the store.
 *
 *   node scripts/kill-sweep.mjs [--points N]     N of them, evenly spread (default: all)
 *
 * strace lists the calls of a complete pull and injects the kill. After each kill, the store must verify, the earlier
 * image must exist, staging must be empty after one command, the next pull must succeed and fetch nothing that was
 * committed, and nothing must be left to collect. Requires strace and dist/ (npm run build). Exits with 1 if anything
 * failed.
 */
import { spawnSync, spawn } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { buildImage, putImage, startRegistry } from '../dist/lib/testing/index.js'
import { open } from '../dist/puller/index.js'
import { look } from './support/after-a-kill.mjs'

const { values } = parseArgs({ options: { points: { type: 'string' }, verbose: { type: 'boolean' } } })
const maxPoints = values.points === undefined ? Infinity : Number(values.points)

const main = fileURLToPath(new URL('../dist/cli/main.js', import.meta.url))
const platform = 'linux/amd64'
const work = mkdtempSync(join(existsSync('/dev/shm') ? '/dev/shm' : tmpdir(), 'windlass-kill-'))

/** Calls that change files, as named in the inject expressions of strace. */
const calls = [
  ...[
    'openat',
    'write',
    'pwrite64',
    'writev',
    'ftruncate',
    'truncate',
    'fallocate',
    'fsync',
    'fdatasync',
    'syncfs',
  ],
  ...['rename', 'renameat', 'renameat2', 'mkdir', 'mkdirat', 'rmdir', 'unlink', 'unlinkat', 'link', 'linkat'],
  ...['symlink', 'symlinkat', 'mknod', 'mknodat', 'chmod', 'fchmod', 'fchmodat', 'chown', 'fchown', 'lchown'],
  ...['fchownat', 'utimensat', 'setxattr', 'lsetxattr', 'fsetxattr'],
]

const files = (name, count) =>
  Array.from({ length: count }, (_, at) => ({ path: `${name}/${at}`, content: `${name} ${at}`.repeat(50) }))
const earlier = buildImage({ layers: [{ entries: files('base', 3) }] })
const wanted = buildImage({
  layers: [
    { entries: files('lib', 3) },
    {
      entries: [
        { path: 'bin/', mode: 0o1777 },
        { path: 'bin/tool', content: 'x'.repeat(70_000), mode: 0o4755 },
        { path: 'bin/same', type: 'link', linkTarget: 'bin/tool' },
        { path: 'sh', type: 'symlink', linkTarget: 'bin/tool' },
        { path: 'pipe', type: 'fifo' },
      ],
    },
    { entries: [{ path: 'lib/.wh.1', content: '' }, ...files('app', 2)] },
  ],
})

const registry = await startRegistry()
const names = { earlier: `${registry.host}/earlier:1`, wanted: `${registry.host}/wanted:1` }
await putImage(registry, 'earlier', '1', earlier)
await putImage(registry, 'wanted', '1', wanted)

/** Runs the pull under strace, with one thread for files, so that calls occur in nearly the same order each time. */
function pull(store, strace) {
  const args = ['-f', '-qq', '-y', '-s', '0', ...strace, process.execPath, main]
  args.push(...['pull', '-q', '--platform', platform, '--max-unpacks', '1', '--max-downloads', '1'])
  args.push(...['--store', store, names.wanted])
  const env = { PATH: process.env.PATH, HOME: '/nonexistent', UV_THREADPOOL_SIZE: '1' }
  return new Promise((resolve) => {
    const child = spawn('strace', args, { env, stdio: ['ignore', 'ignore', 'pipe'] })
    let output = ''
    child.stderr.setEncoding('utf8').on('data', (text) => (output += text))
    child.on('close', (code, signal) => resolve({ code, signal, said: output }))
  })
}

/** Returns each call that changes the store, as `openat:when=17`, in order, with a description. */
function listCalls(log, store) {
  const counts = new Map()
  const points = new Map()
  for (const line of readFileSync(log, 'utf8').split('\n')) {
    const [, thread, call, rest] = /^(\d+) +(\w+)\((.*)$/.exec(line) ?? []
    if (!call) continue
    const key = `${thread} ${call}`
    const nth = (counts.get(key) ?? 0) + 1
    counts.set(key, nth)
    if (!rest.includes(store) || (call === 'openat' && !rest.includes('O_CREAT'))) continue
    const point = `${call}:when=${nth}`
    if (!points.has(point)) points.set(point, describeCall(rest, store))
  }
  return points
}

const describeCall = (rest, store) =>
  rest
    .replaceAll(store, '')
    .replaceAll(/[0-9a-f]{16,}/g, (hex) => `${hex.slice(0, 6)}…`)
    .slice(0, 90)

async function sweep(title, template, share) {
  // cp is used because Node's own copy function loses the times of directories.
  const prepare = (store) => {
    rmSync(store, { recursive: true, force: true })
    if (template) spawnSync('cp', ['-a', template, store])
  }
  const log = join(work, 'calls')
  const sample = join(work, 'sample')
  prepare(sample)
  const whole = await pull(sample, ['-o', log, '-e', `trace=${calls.join(',')}`])
  if (whole.code !== 0) throw new Error(`The pull under strace failed: ${whole.said}`)
  const all = [...listCalls(log, sample)]
  const step = Math.max(1, all.length / share)
  const points = Array.from({ length: Math.min(all.length, share) }, (_, at) => all[Math.floor(at * step)])
  const table = new Map()
  const failures = []
  let survived = 0
  for (const [point, what] of points) {
    const store = join(work, 'store')
    prepare(store)
    const call = point.replace(/:.*/, '')
    const { signal, code } = await pull(store, [
      '-o',
      '/dev/null',
      '-e',
      `trace=${call}`,
      '-e',
      `inject=${call}:signal=KILL:${point.replace(/^.*?:/, '')}`,
    ])
    const killed = signal === 'SIGKILL' || code === 137
    if (!killed) survived++
    const row = table.get(call) ?? { kills: 0, bad: 0 }
    const images = template === undefined ? { wanted } : { wanted, earlier }
    const { wrong } = await look({ store, registry, names, images, platform }).catch((error) => ({
      wrong: [`${error.code}: ${error.message}`],
    }))
    if (killed) row.kills++
    if (wrong.length > 0) {
      row.bad++
      failures.push(`${title} ${point} ${what}\n    ${wrong.join('\n    ')}`)
    }
    table.set(call, row)
    if (values.verbose)
      process.stderr.write(`${point} ${what}: ${wrong.length === 0 ? 'ok' : wrong.join('; ')}\n`)
  }
  console.log(`\n${title}: ${points.length} of ${all.length} points; ${survived} pulls ended before the kill`)
  console.log('call        kills  damaged')
  for (const [call, { kills, bad }] of [...table].sort())
    console.log(`${call.padEnd(12)}${String(kills).padStart(5)}${String(bad).padStart(9)}`)
  return failures
}

let failures
try {
  if (spawnSync('strace', ['-V']).error) throw new Error('strace is not installed')
  const template = join(work, 'template')
  const windlass = await open({ store: template })
  await windlass.pull(names.earlier, { platform }).done
  await windlass.close()
  failures = [
    ...(await sweep('Into a store with an image', template, Math.ceil((maxPoints * 2) / 3))),
    ...(await sweep('Into a store that is being created', undefined, Math.ceil(maxPoints / 3))),
  ]
} finally {
  await registry.close()
  rmSync(work, { recursive: true, force: true })
}
for (const each of failures) console.log(`FAILED ${each}`)
console.log(failures.length === 0 ? '\nNothing was lost.' : `\n${failures.length} kills did damage.`)
process.exitCode = failures.length === 0 ? 0 : 1
