/** Provides credential helpers as shell scripts, which record how they were called. */
import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach } from 'vitest'

/** User name and secret by server. */
export type HelperContent = Readonly<Record<string, readonly [username: string, secret: string]>>

export interface TemporaryHelpers {
  /** Directory of the programs, for `PATH`. */
  readonly bin: string
  /** Adds a helper that stores each login in a file. */
  add(name: string, content: HelperContent): Promise<void>
  /** Adds a program with the given shell script. Its stdin is not read. */
  addScript(name: string, script: string): Promise<string>
  /** Returns the calls of a helper: the action and the server, for example `get quay.io`. */
  calls(name: string): Promise<readonly string[]>
  /** Returns the login that a helper stores for a server, as JSON of the protocol. */
  stored(name: string, server: string): Promise<unknown>
}

/** Makes helpers for each test of the current `describe`, and removes them after it. */
export function temporaryHelpers(): TemporaryHelpers {
  let directory = ''
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'windlass-helpers-'))
    await mkdir(join(directory, 'bin'))
  })
  afterEach(() => rm(directory, { recursive: true, force: true }))

  const bin = (): string => join(directory, 'bin')
  const storeOf = (name: string): string => join(directory, `store-${name}`)
  const fileOf = (server: string): string => Buffer.from(server).toString('hex')

  async function addScript(name: string, script: string): Promise<string> {
    const path = join(bin(), `docker-credential-${name}`)
    await writeFile(path, `#!/bin/sh\n${script}\n`)
    await chmod(path, 0o755)
    return path
  }

  return {
    get bin() {
      return bin()
    },
    addScript,
    async add(name, content) {
      const store = storeOf(name)
      await mkdir(store, { recursive: true })
      for (const [server, [username, secret]] of Object.entries(content))
        await writeFile(
          join(store, fileOf(server)),
          JSON.stringify({ ServerURL: server, Username: username, Secret: secret }),
        )
      await addScript(
        name,
        `
cd '${store}' || exit 2
input=$(cat)
server=$input
[ "$1" = store ] && server=$(printf %s "$input" | sed 's/.*"ServerURL":"\\([^"]*\\)".*/\\1/')
file=$(printf %s "$server" | od -An -tx1 -v | tr -d ' \\n')
echo "$1 $server" >> calls
case $1 in
  get) [ -f "$file" ] || { echo 'credentials not found in native keychain'; exit 1; }; cat "$file" ;;
  store) printf %s "$input" > "$file" ;;
  erase) rm -f "$file" ;;
  list) printf '{'; sep=; for each in [0-9a-f]*; do [ "$each" = calls ] && continue; [ -f "$each" ] || continue
    printf %s "$sep"; sed 's/.*\\("ServerURL":\\)\\("[^"]*"\\),"Username":\\("[^"]*"\\).*/\\2:\\3/' "$each"; sep=,; done; printf '}' ;;
esac`,
      )
    },
    async calls(name) {
      const text = await readFile(join(storeOf(name), 'calls'), 'utf8').catch(() => '')
      return text
        .trim()
        .split('\n')
        .map((line) => line.trim())
        .filter((line) => line !== '')
    },
    async stored(name, server) {
      const text = await readFile(join(storeOf(name), fileOf(server)), 'utf8').catch(() => 'null')
      return JSON.parse(text) as unknown
    },
  }
}
