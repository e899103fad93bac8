/** Runs specs many times with a process that stays: starting vitest takes longer than most specs. */
import { fork } from 'node:child_process'
import { clearTimeout, setTimeout } from 'node:timers'
import { fileURLToPath } from 'node:url'

const program = fileURLToPath(new URL('specs-process.mjs', import.meta.url))
/** What a run may leave behind in the process is gone after so many runs. */
const runsPerProcess = 50
/** How long a run may go on after its first failure, which decides, before the process is replaced. */
const graceMs = 2000

export class WarmSpecs {
  #directory
  #child
  #runs = 0

  /** @param directory root of the copy of the project that contains the specs */
  constructor(directory) {
    this.#directory = directory
  }

  /**
   * Runs specs up to the first failure. Specs that do not end within `seconds` count as failed, and their process is
   * replaced.
   * @param changed files, relative to the root, that are changed for this run and restored after it
   * @returns whether they passed, and if not, what failed first and all that failed
   */
  async run(specs, changed, seconds) {
    if (this.#runs >= runsPerProcess) this.close()
    if (this.#child === undefined) await this.#start()
    this.#runs++
    const child = this.#child
    return await new Promise((resolve, reject) => {
      let killer
      const end = (result) => {
        clearTimeout(timer)
        child.removeAllListeners('message').removeAllListeners('close')
        resolve({ killer: killer ?? 'an uncaught error', output: '', ...result })
      }
      const giveUp = (why) => {
        killer ??= why
        this.close()
        end({ passed: false, output: killer })
      }
      let timer = setTimeout(() => giveUp(`no end within ${seconds} s`), seconds * 1000)
      child.on('message', ({ failed, passed, output }) => {
        if (failed === undefined) {
          end({ passed, output })
          return
        }
        killer = failed
        clearTimeout(timer)
        timer = setTimeout(() => giveUp(failed), graceMs)
      })
      child.on('close', (code, signal) => {
        clearTimeout(timer)
        this.#child = undefined
        if (signal === null) end({ passed: false, output: `The process of the specs ended with ${code}` })
        else reject(new Error(`The specs were ended by a signal from outside (${signal})`))
      })
      child.send({ specs, changed })
    })
  }

  /** Ends the process, its workers and what the specs started. */
  close() {
    const child = this.#child
    if (child === undefined) return
    this.#child = undefined
    child.removeAllListeners('close')
    process.kill(-child.pid, 'SIGKILL')
  }

  async #start() {
    this.#runs = 0
    this.#child = fork(program, [this.#directory], {
      cwd: this.#directory,
      env: { ...process.env, NO_COLOR: '1', FORCE_COLOR: undefined },
      detached: true, // a group of its own, so that its workers can be ended with it
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    })
    let complaint = ''
    const listen = (chunk) => (complaint += chunk)
    this.#child.stderr.on('data', listen)
    await new Promise((resolve, reject) => {
      this.#child.once('message', resolve)
      this.#child.once('close', () => reject(new Error(`vitest cannot be started: ${complaint}`)))
    })
    this.#child.removeAllListeners('close')
    // What a planted bug makes the specs print would only hide the verdicts.
    this.#child.stderr.off('data', listen).resume()
  }
}
