/**
 * Makes selected file system calls of a program fail with strace: lists the calls of a complete run on given
 * directories, and makes one of them, identified by its path, fail with an error that it can return.
 */
import { spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { clearTimeout, setTimeout } from 'node:timers'
import { fileURLToPath } from 'node:url'

const countedNames = fileURLToPath(new URL('counted-names.mjs', import.meta.url))

const space = ['ENOSPC', 'EDQUOT']
const making = [...space, 'EROFS', 'EIO']
const changing = ['EROFS', 'EIO']
const table = (calls, errors) => calls.map((call) => [call, errors])

/** Errors of a disk that each call can return (manual pages, section 2). */
const errorsOf = new Map([
  ...table(['write', 'pwrite64', 'writev', 'pwritev', 'fsync', 'fdatasync', 'syncfs'], [...space, 'EIO']),
  ...table(['fallocate', 'setxattr', 'lsetxattr', 'fsetxattr'], making),
  ...table(['rename', 'renameat', 'renameat2', 'mkdir', 'mkdirat', 'link', 'linkat'], making),
  ...table(['symlink', 'symlinkat', 'mknod', 'mknodat'], making),
  ...table(
    ['truncate', 'ftruncate', 'unlink', 'unlinkat', 'rmdir', 'utimensat', 'utime', 'futimesat'],
    changing,
  ),
  ...table(['chmod', 'fchmod', 'fchmodat', 'chown', 'fchown', 'lchown', 'fchownat'], changing),
  ...table(['read', 'pread64', 'readv', 'preadv', 'getdents64', 'readlink', 'readlinkat'], ['EIO']),
  ...table(['stat', 'lstat', 'fstat', 'newfstatat', 'statx', 'statfs', 'fstatfs'], ['EIO']),
  ...table(['llistxattr', 'lgetxattr', 'getxattr', 'listxattr'], ['EIO']),
])
const openErrors = {
  creating: [...space, 'EROFS', 'EMFILE', 'EIO'],
  writing: ['EROFS', 'EMFILE', 'EIO'],
  reading: ['EMFILE', 'EIO'],
}

export const allErrors = ['ENOSPC', 'EDQUOT', 'EIO', 'EMFILE', 'EROFS']
/** Calls that need space, and thus continue to fail on a full disk. `EROFS` affects all calls that change anything. */
const taking = ['openat', 'write', 'pwrite64', 'mkdir', 'link', 'symlink', 'mknodat', 'rename', 'lsetxattr']
const persistent = {
  ENOSPC: taking,
  EROFS: [...taking, 'unlink', 'rmdir', 'chmod', 'fchmod', 'lchown', 'fchown', 'utimensat', 'ftruncate'],
}
export const persistentErrors = Object.keys(persistent)

/**
 * Runs `node ...args` under strace, with one thread for files, so that calls occur in the same order each time. Its
 * process group is killed after `seconds`.
 */
export function runTraced(strace, args, { cwd, seconds }) {
  const env = { PATH: process.env.PATH, HOME: '/nonexistent', UV_THREADPOOL_SIZE: '1' }
  const command = ['-f', '-qq', '-y', '-s', '0', ...strace]
  command.push(process.execPath, '--import', countedNames, ...args)
  return new Promise((resolve, reject) => {
    const child = spawn('strace', command, { cwd, env, detached: true, stdio: ['ignore', 'pipe', 'pipe'] })
    const output = { stdout: '', stderr: '' }
    for (const stream of ['stdout', 'stderr'])
      child[stream].setEncoding('utf8').on('data', (text) => (output[stream] += text))
    let hung = false
    const timer = setTimeout(() => {
      hung = true
      process.kill(-child.pid, 'SIGKILL')
    }, seconds * 1000)
    child.on('error', reject)
    child.on('close', (code, signal) => {
      clearTimeout(timer)
      resolve({ code, signal, hung, ...output })
    })
  })
}

export const listing = (log) => [
  '-o',
  log,
  '-e',
  `trace=openat,${[...errorsOf.keys()].map((call) => `?${call}`).join(',')}`,
]

/**
 * Returns the calls in `log` on paths below `root`, in order: each with its relative path, its number among the calls
 * of its thread on that path (as strace counts), and its possible errors.
 */
export function callsIn(log, root) {
  const counts = new Map()
  const points = []
  for (const line of readFileSync(log, 'utf8').split('\n')) {
    const [, thread, call, rest] = /^(\d+) +(\w+)\((.*)$/.exec(line) ?? []
    if (!call) continue
    const args = rest.replace(/\) += .*$/, '')
    const paths = [...new Set([...args.matchAll(/["<](\/[^">]*)[">]/g)].map(([, path]) => path))]
    const ours = paths.filter((path) => path === root || path.startsWith(`${root}/`))
    if (ours.length === 0) continue
    const count = (key) => counts.set(key, (counts.get(key) ?? 0) + 1).get(key)
    const nth = ours.map((path) => count(`${thread} ${call} ${path}`))[0]
    const { mode, errors } = describe(call, args)
    const below = ours.map((path) => path.slice(root.length))
    points.push({ call, mode, errors, nth, thread, path: below[0], paths: below })
  }
  return points
}

function describe(call, args) {
  if (call !== 'openat') return { mode: '', errors: errorsOf.get(call) ?? [] }
  const mode = args.includes('O_CREAT') ? 'creating' : /O_WRONLY|O_RDWR/.test(args) ? 'writing' : 'reading'
  return { mode, errors: openErrors[mode] }
}

/** Makes the call `point` fail with `error` once. */
export function failing({ call, nth, path }, error, root, log) {
  const fault = `inject=${call}:error=${error}:when=${nth}`
  return ['--seccomp-bpf', '-o', log, '-P', root + path, '-e', `trace=${call}`, '-e', fault]
}

/** From about `point` on, makes all calls that `error` affects fail until the program ends. */
export function failingFrom(point, error, points, root, log) {
  const concerned = ({ call, mode }) => persistent[error].includes(call) && mode !== 'reading'
  const read = new Set(points.filter(({ mode }) => mode === 'reading').map(({ path }) => path))
  const watched = new Set(
    points.filter(concerned).flatMap(({ paths }) => paths.filter((path) => !read.has(path))),
  )
  const seen = points.filter((one) => concerned(one) && one.paths.some((path) => watched.has(path)))
  const faults = persistent[error].flatMap((call) => {
    const first = seen.find((one) => one.call === call && points.indexOf(one) >= points.indexOf(point))
    if (!first) return []
    const sameCalls = seen.filter((one) => one.call === call && one.thread === first.thread)
    return ['-e', `inject=${call}:error=${error}:when=${sameCalls.indexOf(first) + 1}+`]
  })
  const paths = [...watched].flatMap((path) => ['-P', root + path])
  return ['--seccomp-bpf', '-o', log, ...paths, '-e', `trace=${persistent[error].join(',')}`, ...faults]
}

/** Returns the number of calls that were made to fail. */
export const injectedIn = (log) => readFileSync(log, 'utf8').split('(INJECTED)').length - 1
