/**
 * Speaks the protocol of credential helpers: programs `docker-credential-<name>` with the actions `get`, `store`, `erase`
 * and `list`, which read from stdin and write JSON to stdout (docker/docker-credential-helpers, "Development").
 */
import { printable } from '../../../codec/printable.js'
import { findProgram, helperProgram, isHelperName } from './find-helper.js'
import { helperEnvironment } from './helper-environment.js'
import {
  helperError,
  invalidNameError,
  missingError,
  outputError,
  stoppedError,
  type HelperTask,
} from './helper-failure.js'
import { type ProgramResult, ProgramStopped, runProgram } from './run-program.js'

/** Settings of a `CredentialHelper`. */
export interface HelperOptions {
  /** Environment to select from (default `process.env`). See `helperEnvironment`. */
  readonly env?: NodeJS.ProcessEnv
  /** Milliseconds for one run (default 30 000). */
  readonly timeout?: number
}

/** What a helper stores. The user name `<token>` marks the secret as an identity token. */
export interface HelperLogin {
  readonly username: string
  readonly secret: string
}

const defaultTimeout = 30_000
/** Bytes. A token of a cloud has a few thousand; a list has one line for each login. */
const maxOutput = 2 ** 20

/** Message of every helper for a server without a login. */
const notFoundMessage = 'credentials not found in native keychain'

/** One credential helper. Each method runs the program once. */
export class CredentialHelper {
  readonly name: string
  readonly #env: NodeJS.ProcessEnv
  readonly #timeout: number

  /** @param name - what follows `docker-credential-` in the name of the program */
  constructor(name: string, { env = process.env, timeout = defaultTimeout }: HelperOptions = {}) {
    this.name = name
    this.#env = env
    this.#timeout = timeout
  }

  /**
   * Returns the login for a server, or undefined if the helper has none.
   * @throws USAGE when the helper fails, naming it; CANCELLED
   */
  async get(server: string, signal?: AbortSignal): Promise<HelperLogin | undefined> {
    const task = { name: this.name, purpose: `get the login for ${printable(server)}` }
    const result = await this.#run('get', server, task, signal)
    if (isNotFound(result)) return undefined
    if (result.exit !== 0) throw helperError(task, result)
    const fields = parseObject(result.stdout)
    const [username, secret] = [textField(fields, 'Username'), textField(fields, 'Secret')]
    if (username === undefined || secret === undefined) throw outputError(task)
    return username === '' && secret === '' ? undefined : { username, secret }
  }

  /**
   * Stores a login, in place of one for the same server.
   * @throws as `get`
   */
  async store(server: string, { username, secret }: HelperLogin, signal?: AbortSignal): Promise<void> {
    const task: HelperTask = {
      name: this.name,
      purpose: `save the login for ${printable(server)}`,
      secrets: [secret],
    }
    const input = JSON.stringify({ ServerURL: server, Username: username, Secret: secret })
    const result = await this.#run('store', input, task, signal)
    if (result.exit !== 0) throw helperError(task, result)
  }

  /**
   * Removes the login for a server. Some helpers do not report whether there was one.
   * @throws as `get`
   */
  async erase(server: string, signal?: AbortSignal): Promise<void> {
    const task = { name: this.name, purpose: `remove the login for ${printable(server)}` }
    const result = await this.#run('erase', server, task, signal)
    if (result.exit !== 0 && !isNotFound(result)) throw helperError(task, result)
  }

  /**
   * Returns the servers with a login, and their user names.
   * @throws as `get`
   */
  async list(signal?: AbortSignal): Promise<ReadonlyMap<string, string>> {
    const task = { name: this.name, purpose: 'list the logins' }
    const result = await this.#run('list', '', task, signal)
    if (isNotFound(result)) return new Map()
    if (result.exit !== 0) throw helperError(task, result)
    if (result.stdout.trim() === 'null') return new Map() // An empty map of Go.
    const fields = parseObject(result.stdout)
    if (fields === undefined) throw outputError(task)
    return new Map([...fields].map(([server, user]) => [server, typeof user === 'string' ? user : '']))
  }

  async #run(
    action: 'get' | 'store' | 'erase' | 'list',
    input: string,
    task: HelperTask,
    signal: AbortSignal | undefined,
  ): Promise<ProgramResult> {
    if (!isHelperName(this.name)) throw invalidNameError(task)
    const env = helperEnvironment(this.#env)
    const path = await findProgram(helperProgram(this.name), env['PATH'] ?? '')
    if (path === undefined) throw missingError(task)
    try {
      return await runProgram({ path, args: [action], input, env, timeout: this.#timeout, maxOutput, signal })
    } catch (error) {
      throw error instanceof ProgramStopped ? stoppedError(task, error, this.#timeout) : error
    }
  }
}

/** Helpers write the message to stdout; some scripts write it to stderr. */
const isNotFound = ({ exit, stdout, stderr }: ProgramResult): boolean =>
  exit !== 0 && [stdout, stderr].some((text) => text.toLowerCase().includes(notFoundMessage))

type Fields = ReadonlyMap<string, unknown>

function parseObject(text: string): Fields | undefined {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null ? new Map(Object.entries(value)) : undefined
  } catch {
    return undefined
  }
}

/** Returns a text field, whose name may have another case, as in Go; undefined if it is missing or no text. */
function textField(fields: Fields | undefined, name: string): string | undefined {
  const key =
    fields?.has(name) === true
      ? name
      : [...(fields?.keys() ?? [])].find((each) => each.toLowerCase() === name.toLowerCase())
  const value = key === undefined ? undefined : fields?.get(key)
  return typeof value === 'string' ? value : undefined
}
