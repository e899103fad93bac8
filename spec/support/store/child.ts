/** A process of its own that does something to a store, written in TypeScript like the rest. */
import { type ChildProcessByStdio, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import type { Readable } from 'node:stream'
import { fileURLToPath } from 'node:url'

export class Child {
  readonly process: ChildProcessByStdio<null, Readable, null>
  readonly #lines: AsyncIterator<string>
  readonly #ended: Promise<unknown[]>

  constructor(script: string, ...values: readonly string[]) {
    const path = fileURLToPath(new URL(`children/${script}.ts`, import.meta.url))
    this.process = spawn(process.execPath, ['--import', 'tsx', path, ...values], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    this.#lines = createInterface({ input: this.process.stdout })[Symbol.asyncIterator]()
    this.#ended = once(this.process, 'exit')
  }

  /** The next line that it prints. */
  async line(): Promise<string> {
    const { value, done } = await this.#lines.next()
    if (done) throw new Error('The child has no more to say')
    return value
  }

  /** Waits for its end. @throws where it did not end well */
  async end(): Promise<void> {
    const [code] = await this.#ended
    if (code !== 0) throw new Error(`The child ended with ${String(code)}`)
  }

  async kill(): Promise<void> {
    this.process.kill('SIGKILL')
    await this.#ended
  }
}
