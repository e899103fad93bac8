/**
 * Mounts a file system of a few MiB for tests of a full disk, and runs commands on it. It is mounted for all processes
 * if this process may do that, else in a user and mount namespace, which each command enters.
 */
import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { runTool } from './run-tool.js'

const root = fileURLToPath(new URL('../..', import.meta.url))
const main = join(root, 'dist/cli/main.js')

let built: Promise<Buffer> | undefined

export interface CommandOutput {
  readonly exit: number | null
  readonly stdout: string
  readonly stderr: string
}

export class SmallDisk {
  private constructor(
    /** Path of the mount point for commands. */
    readonly path: string,
    /** Process that keeps the namespace; undefined if the disk is mounted for all processes. */
    private readonly holder: ChildProcess | undefined,
  ) {}

  /**
   * Mounts a disk with the options of `mount -o`.
   * @throws Error with the reason if neither way is possible
   */
  static async mount(options: string): Promise<SmallDisk> {
    const path = mkdtempSync(join(tmpdir(), 'windlass-disk-'))
    const mounting = ['-t', 'tmpfs', '-o', options, 'tmpfs', path]
    const direct = spawnSync('mount', mounting, { encoding: 'utf8' })
    if (direct.status === 0) return new SmallDisk(path, undefined)
    const script = 'mount "$@" && echo mounted && exec sleep infinity'
    const holder = spawn('unshare', ['-rm', 'sh', '-c', script, 'sh', ...mounting])
    const output = await new Promise<string>((resolve) => {
      let all = ''
      const onOutput = (text: string): void => {
        all += text
        if (text.includes('mounted')) resolve('')
      }
      holder.stdout.setEncoding('utf8').on('data', onOutput)
      holder.stderr.setEncoding('utf8').on('data', onOutput)
      holder.on('error', (error) => resolve(error.message))
      holder.on('close', () => resolve(all))
    })
    if (output === '') return new SmallDisk(path, holder)
    rmSync(path, { recursive: true })
    throw new Error(`mount: ${direct.stderr.trim()}; unshare: ${output.trim()}`)
  }

  /** Path of the mount point for this process. */
  get localPath(): string {
    return this.holder?.pid === undefined ? this.path : `/proc/${this.holder.pid}/root${this.path}`
  }

  remount(options: string): void {
    const [command = '', ...args] = this.#insideNamespace(['mount', '-o', `remount,${options}`, this.path])
    execFileSync(command, args)
  }

  /** Runs `windlass`. Unless `args` have `--store`, the store is on this disk. Resolves whatever the exit code. */
  async windlass(...args: readonly string[]): Promise<CommandOutput> {
    await (built ??= runTool(process.execPath, ['scripts/ready.mjs', '--build'], { cwd: root }))
    const store = args.includes('--store') ? [] : ['--store', join(this.path, 'store')]
    const [command = '', ...rest] = this.#insideNamespace([process.execPath, main, ...args, ...store])
    const child = spawn(command, rest, { env: { PATH: process.env['PATH'], HOME: '/nonexistent' } })
    let [stdout, stderr] = ['', '']
    child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text))
    child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text))
    return new Promise((resolve, reject) => {
      child.on('error', reject)
      child.on('close', (exit) => resolve({ exit, stdout, stderr }))
    })
  }

  unmount(): void {
    if (this.holder) this.holder.kill('SIGKILL')
    else execFileSync('umount', ['-l', this.path])
    rmSync(this.path, { recursive: true })
  }

  #insideNamespace(command: readonly string[]): readonly string[] {
    if (this.holder?.pid === undefined) return command
    return ['nsenter', '--preserve-credentials', '-U', '-m', '-t', String(this.holder.pid), '--', ...command]
  }
}

/** A `describe` that needs small disks. If none can be mounted, it is skipped with a message, or fails if CI is set. */
export async function describeSmallDisk(title: string, body: () => void): Promise<void> {
  const refusal = await mountFailure()
  if (refusal === undefined) describe(title, body)
  else if (process.env['CI'] !== undefined)
    describe(title, () => it('has a disk', () => expect(refusal).toBe(undefined)))
  else {
    process.stderr.write(`\nSKIPPED: ${title}: no disk can be mounted here: ${refusal}\n`)
    describe.skip(title, body)
  }
}

/** Returns the reason why no disk can be mounted; undefined if one can. */
async function mountFailure(): Promise<string | undefined> {
  try {
    const disk = await SmallDisk.mount('size=64k')
    disk.unmount()
    return undefined
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
}
