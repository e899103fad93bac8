/** How the program ends as a process: at once where it is interrupted, and quietly where its terminal is gone. */
import { randomBytes } from 'node:crypto'
import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  closeSync,
  openSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest'
import { faults, startRegistry, type TestRegistry } from '../../lib/testing/registry/index.js'
import { putImage, tinyImage } from '../../lib/testing/images/index.js'
import { writeLayout } from '../../testbench/harness/machine.js'

const main = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url))

let top: string
beforeEach(() => {
  top = mkdtempSync(join(tmpdir(), 'windlass-endings-'))
  onTestFinished(() => rmSync(top, { recursive: true, force: true }))
})

/** A registry whose blobs never come. */
async function silentRegistry(): Promise<TestRegistry> {
  const registry = await startRegistry()
  onTestFinished(() => registry.close())
  await putImage(registry, 'team/app', '1', tinyImage())
  registry.addFault(faults.stall(10, { kind: 'blob', times: Infinity }))
  return registry
}

const env = (): NodeJS.ProcessEnv => ({ ...process.env, WINDLASS_CODE_CACHE: '0', HOME: top, TMPDIR: top })
const ended = (child: ChildProcess): Promise<number | string | null> =>
  new Promise((resolve) => child.once('exit', (code, signal) => resolve(code ?? signal)))

describe('--password-stdin from a pipe that nobody writes to', () => {
  it.each(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)('ends with 130 at the first %s', async (signal) => {
    const args = ['tags', '--username', 'me', '--password-stdin', 'registry.example/app']
    const child = spawn(process.execPath, [main, ...args], { env: env(), stdio: ['pipe', 'ignore', 'pipe'] })
    let stderr = ''
    child.stderr.on('data', (part: Buffer) => (stderr += part.toString()))
    const end = ended(child)
    // Until it listens for signals, one ends it as it ends any program.
    await expect.poll(() => catchesHangUp(child.pid!), { timeout: 15_000 }).toBe(true)
    child.kill(signal)
    expect(await end).toBe(130)
    expect(stderr).toContain('Cancelled')
    child.stdin.destroy()
  })

  it('reads no more than a password can have', () => {
    const zero = openSync('/dev/zero', 'r')
    try {
      const args = ['tags', '--username', 'me', '--password-stdin', 'registry.example/app']
      const { status, stderr } = spawnSync(process.execPath, [main, ...args], {
        ...{ env: env(), encoding: 'utf8' },
        stdio: [zero, 'ignore', 'pipe'],
      })
      expect(status).toBe(2)
      expect(stderr).toContain('stdin has more than 64 KiB')
    } finally {
      closeSync(zero)
    }
  })
})

/** Whether the process catches SIGHUP (`SigCgt` of proc(5)), which Node itself never does. */
function catchesHangUp(pid: number): boolean {
  const mask = /^SigCgt:\s*([0-9a-f]+)$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? '0'
  return (BigInt(`0x${mask}`) & 1n) !== 0n
}

describe('a store below a link that leads to nothing', () => {
  const ways: Readonly<Record<string, (link: string) => readonly [string[], NodeJS.ProcessEnv]>> = {
    '--store': (link) => [['--store', join(link, 'store')], {}],
    WINDLASS_STORE: (link) => [[], { WINDLASS_STORE: join(link, 'a/store') }],
    XDG_DATA_HOME: (link) => [[], { XDG_DATA_HOME: link }],
  }

  it.each(Object.keys(ways))('named by %s ends a pull at once, with what it is', (way) => {
    const { name } = writeLayout(join(top, 'layout'), [[{ path: 'a', content: 'a' }]])
    const link = join(top, 'link')
    symlinkSync('nowhere', link)
    const [args, more] = ways[way]!(link)
    const { status, signal, stderr } = spawnSync(process.execPath, [main, 'pull', '-q', ...args, name], {
      ...{ env: { ...env(), ...more }, encoding: 'utf8', timeout: 60_000, killSignal: 'SIGKILL' },
    })
    expect([status, signal], stderr).toEqual([7, null])
    expect(stderr).toContain(`${link} is a symbolic link to a path that does not exist`)
    expect(existsSync(join(top, 'nowhere'))).toBe(false)
  })
})

describe('a terminal that is closed', () => {
  // The shell outlives its terminal and tells what the program ended with.
  const shells = { 'tells it so': 'trap : HUP', 'says nothing, as under nohup': 'trap "" HUP' }

  it.each(Object.entries(shells))('and %s ends a pull without a crash', async (_, trap) => {
    const registry = await silentRegistry()
    const result = join(top, 'status')
    const command = `${trap}; '${process.execPath}' '${main}' pull --stall-timeout 1 --retries 1 --store '${top}/store' ${registry.host}/team/app:1; echo $? > '${result}.new'; mv '${result}.new' '${result}'`
    const script = spawn('script', ['-qec', command, '/dev/null'], {
      env: env(),
      stdio: ['pipe', 'ignore', 'ignore'],
    })
    const gone = ended(script)
    await expect.poll(() => registry.appliedFaults, { timeout: 20_000 }).toContain('stall')
    script.kill('SIGKILL')
    await gone
    await expect.poll(() => existsSync(result), { timeout: 20_000 }).toBe(true)
    // Cancelled, or given up because nothing came: in no case 134, which is SIGABRT.
    expect(['130', '6']).toContain(readFileSync(result, 'utf8').trim())
  })

  it('ends a command that is done by then, whichever of its streams was the terminal', async () => {
    const result = join(top, 'status')
    // Node looks at its streams when it starts and when it ends; the terminal goes in between.
    const preload = `const { existsSync, writeFileSync } = require('node:fs')
      writeFileSync(${JSON.stringify(join(top, 'started'))}, '')
      while (!existsSync(${JSON.stringify(join(top, 'go'))})) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 20)`
    writeFileSync(join(top, 'preload.cjs'), `if (require('node:worker_threads').isMainThread) { ${preload} }`)
    const command = `trap "" HUP; '${process.execPath}' --require '${top}/preload.cjs' '${main}' --version > /dev/null 2>&1; echo $? > '${result}.new'; mv '${result}.new' '${result}'`
    const script = spawn('script', ['-qec', command, '/dev/null'], {
      env: env(),
      stdio: ['pipe', 'ignore', 'ignore'],
    })
    const gone = ended(script)
    await expect.poll(() => existsSync(join(top, 'started')), { timeout: 20_000 }).toBe(true)
    script.kill('SIGKILL')
    await gone
    writeFileSync(join(top, 'go'), '')
    await expect.poll(() => existsSync(result), { timeout: 20_000 }).toBe(true)
    expect(readFileSync(result, 'utf8').trim()).toBe('0')
  })
})

describe.runIf(process.getuid?.() === 0)('a process that may start few threads', () => {
  it('never ends as if all were well without having done its work', () => {
    // Of this process alone: the limit counts all threads of a user.
    const uid = String(100_000 + process.pid)
    const store = join(top, 'store')
    chmodSync(top, 0o755)
    const demo = spawnSync(process.execPath, [main, 'demo', '--keep', '--store', store], { env: env() })
    expect(demo.status).toBe(0)
    spawnSync('chown', ['-R', `${uid}:${uid}`, store])
    const withThreads = (threads: number): [number | null, boolean] => {
      const { status, stdout } = spawnSync(
        'setpriv',
        [
          ...['--reuid', uid, '--regid', uid, '--clear-groups', 'prlimit', `--nproc=${threads}`],
          ...[process.execPath, main, 'verify', '--store', store],
        ],
        // Node itself waits for ever where it cannot start the threads of its own pool.
        { env: env(), cwd: top, encoding: 'utf8', timeout: 20_000, killSignal: 'SIGKILL' },
      )
      return [status, stdout.includes('Verified')]
    }
    for (let threads = 9; threads <= 14; threads++) {
      const [status, verified] = withThreads(threads)
      if (!verified) expect([status, threads]).not.toEqual([0, threads])
    }
    expect(withThreads(100)[1]).toBe(true)
  }, 120_000)

  it('says that the system gives no more of them, where Node itself has enough', () => {
    const uid = String(200_000 + process.pid)
    const store = join(top, 'store')
    const layout = join(top, 'layout')
    chmodSync(top, 0o755)
    // More than is unpacked without a thread.
    const { name } = writeLayout(layout, [[{ path: 'a', content: randomBytes(9 * 2 ** 20) }]])
    mkdirSync(store)
    spawnSync('chown', [`${uid}:${uid}`, store])
    const said = Array.from({ length: 7 }, (_, at) => {
      const { status, stderr } = spawnSync(
        'setpriv',
        [
          ...['--reuid', uid, '--regid', uid, '--clear-groups', 'prlimit', `--nproc=${9 + at}`],
          ...[process.execPath, main, 'pull', '-q', '--platform', 'linux/amd64', '--store', store, name],
        ],
        { env: env(), cwd: top, encoding: 'utf8', timeout: 20_000, killSignal: 'SIGKILL' },
      )
      return { status, stderr }
    })
    const failed = said.filter(({ status }) => status !== null && status > 0 && status < 128)
    expect(failed.length).toBeGreaterThan(0)
    for (const { stderr } of failed) {
      expect(stderr).toMatch(/^windlass: .*the limit of processes is reached \(EAGAIN\)$/m)
      expect(stderr).toMatch(/^ {2}Raise the limit of processes \(ulimit -u\)/m)
    }
  }, 180_000)
})
