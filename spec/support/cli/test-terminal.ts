/** A terminal that a test holds in its hands: what was written, and signals to send. */
import { EventEmitter } from 'node:events'
import { Readable, Writable } from 'node:stream'
import { Output } from '../../../cli/terminal/output.js'
import { run } from '../../../cli/program.js'
import type { Terminal } from '../../../cli/terminal/terminal.js'

export class TestTerminal implements Terminal {
  readonly stdin: Readable
  readonly output: Output
  readonly stderr: Writable & { isTTY?: boolean; columns?: number; rows?: number }
  readonly env: NodeJS.ProcessEnv
  readonly signals = new EventEmitter()
  readonly exits: number[] = []
  readonly #out: Buffer[] = []
  readonly #err: Buffer[] = []

  constructor({ env = {}, stdin = '' }: { env?: NodeJS.ProcessEnv; stdin?: string | Buffer } = {}) {
    this.env = env
    this.stdin = Readable.from([typeof stdin === 'string' ? Buffer.from(stdin) : stdin])
    this.output = new Output(collector(this.#out))
    this.stderr = collector(this.#err)
  }

  get stdoutBytes(): Buffer {
    return Buffer.concat(this.#out)
  }
  get out(): string {
    return this.stdoutBytes.toString()
  }
  get err(): string {
    return Buffer.concat(this.#err).toString()
  }
  exit(code: number): void {
    this.exits.push(code)
  }
}

const collector = (into: Buffer[]): Writable =>
  new Writable({
    write(chunk: Buffer, _encoding, done) {
      into.push(chunk)
      done()
    },
  })

/** Runs one command line; its exit code and what it wrote. */
export async function windlass(
  argv: readonly string[],
  options: { env?: NodeJS.ProcessEnv; stdin?: string | Buffer } = {},
): Promise<{ code: number; out: string; err: string; bytes: Buffer }> {
  const terminal = new TestTerminal(options)
  const code = await run(argv, terminal)
  return { code, out: terminal.out, err: terminal.err, bytes: terminal.stdoutBytes }
}
