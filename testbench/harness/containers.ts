/** An image with busybox, and the runtimes that start a container from a bundle of it. */
import { mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { execFileSync, spawnSync } from 'node:child_process'
import type { LayerEntry } from '../../lib/testing/images/index.js'
import type { CommandOutput } from './small-disk.js'

const applets = ['sh', 'id', 'ls', 'cat', 'echo', 'env', 'sleep', 'pwd', 'hostname', 'tty', 'grep'] as const

/** The entries of an image in which a container can run. */
export const busyboxEntries = (): LayerEntry[] => [
  { path: 'bin/' },
  { path: 'bin/busybox', content: readFileSync('/bin/busybox'), mode: 0o755 },
  ...applets.map((name): LayerEntry => ({ path: `bin/${name}`, type: 'symlink', linkTarget: 'busybox' })),
  { path: 'etc/' },
  { path: 'etc/passwd', content: 'root:x:0:0:root:/root:/bin/sh\napp:x:1000:1001::/home/app:/bin/sh\n' },
  { path: 'etc/group', content: 'root:x:0:\nstaff:x:50:app\n' },
]

/**
 * Runs the rest of its arguments where the control groups are those of version 2 alone. crun refuses the mixture of both
 * versions that some machines have.
 */
export const withCgroup2 = [
  ...['unshare', '--mount', 'sh', '-c'],
  'umount -R /sys/fs/cgroup; mount -t cgroup2 none /sys/fs/cgroup; exec "$@"',
  'sh',
] as const

let count = 0

/**
 * Starts a container of the bundle `bundle` with `runc` or `crun`, and waits for its end.
 * @param as prefix of the command, such as `setpriv …`
 */
export function startContainer(
  runtime: 'runc' | 'crun',
  bundle: string,
  state: string,
  as: readonly string[] = [],
): CommandOutput {
  mkdirSync(state, { recursive: true })
  execFileSync('chmod', ['777', state])
  const id = `windlass-${process.pid}-${count++}`
  const run = ['--root', join(state, runtime), 'run', '--bundle', bundle, id]
  const command =
    runtime === 'runc'
      ? [...as, 'runc', ...run]
      : [...withCgroup2, ...as, 'crun', '--cgroup-manager=disabled', ...run]
  const [program = '', ...args] = command
  const { status, stdout, stderr } = spawnSync(program, args, {
    cwd: '/',
    encoding: 'utf8',
    env: { PATH: process.env['PATH'], HOME: '/nonexistent', XDG_RUNTIME_DIR: state },
    input: '',
  })
  return { exit: status, stdout, stderr }
}
