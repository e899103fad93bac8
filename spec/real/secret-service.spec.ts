/** Logins in the keyring of a desktop: the helper `docker-credential-secretservice` with the keyring of GNOME, on a bus of its own. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, writeFile } from 'node:fs/promises'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { expectExit, runWindlass } from '../../testbench/harness/command-line.js'
import { describeReal } from '../../testbench/harness/components.js'
import { startDistribution, type Distribution } from '../../testbench/harness/distribution.js'
import { runTool } from '../../testbench/harness/run-tool.js'
import { pushOptions, skopeo } from '../../testbench/harness/skopeo.js'
import { workspace } from '../../testbench/harness/workspace.js'
import { pushedImages } from '../../testbench/images/pushed.js'

const helper = 'docker-credential-secretservice'

/**
 * Starts a bus with an unlocked keyring. The session lasts until the end of its stdin. The keyring is waited for, since the bus
 * would start another one, which is locked, for a program that asks before.
 */
async function startKeyring(home: string, run: string) {
  const script = `printf 'a password\\n' | gnome-keyring-daemon --unlock --components=secrets > /dev/null
    owner='dbus-send --session --print-reply --dest=org.freedesktop.DBus / org.freedesktop.DBus.NameHasOwner'
    for attempt in $(seq 100); do $owner string:org.freedesktop.secrets | grep -q true && break; sleep 0.1; done
    echo "$DBUS_SESSION_BUS_ADDRESS"
    cat > /dev/null`
  const session = spawn('dbus-run-session', ['--', 'bash', '-c', script], {
    stdio: ['pipe', 'pipe', 'ignore'],
    env: { ...process.env, HOME: home, XDG_RUNTIME_DIR: run, XDG_DATA_HOME: `${home}/data` },
  })
  const closed = once(session, 'close')
  const [line] = (await once(session.stdout, 'data')) as [Buffer]
  return {
    address: line.toString().trim(),
    async stop() {
      session.stdin.end()
      await closed
    },
  }
}

describeReal(
  'a login in the keyring of GNOME',
  () => {
    let registry: Distribution
    beforeAll(async () => {
      const pushed = await pushedImages()
      registry = await startDistribution({ auth: 'basic' })
      const source = `oci:${pushed.base.directory}/oci:oci-plain`
      await skopeo(['copy', '-q', ...pushOptions(registry), source, `docker://${registry.host}/team/app:1`])
    }, 300_000)
    afterAll(() => registry.stop())

    it('is saved by windlass login, used by Windlass and skopeo, and removed by windlass logout', async () => {
      const { path } = await workspace()
      const [home, run] = [path('home'), path('run')]
      for (const directory of [`${home}/.docker`, `${home}/data`, run])
        await mkdir(directory, { recursive: true, mode: 0o700 })
      const keyring = await startKeyring(home, run)
      const env = { HOME: home, XDG_RUNTIME_DIR: run, DBUS_SESSION_BUS_ADDRESS: keyring.address }
      const listed = async (): Promise<unknown> =>
        JSON.parse((await runTool(helper, ['list'], { env })).toString() || '{}')
      try {
        expect(await listed()).toEqual({})
        // skopeo does not read `credsStore`.
        const config = { credHelpers: { [registry.host]: 'secretservice' } }
        await writeFile(`${home}/.docker/config.json`, JSON.stringify(config))
        const { username = '', password = '' } = registry.credentials ?? {}
        const tags = () => runWindlass(['tags', `${registry.host}/team/app`], { env })
        expectExit(await tags(), 3)
        const login = ['login', '--username', username, '--password-stdin', registry.host]
        expectExit(await runWindlass(login, { env, input: password }), 0)
        expect(await listed()).toEqual({ [registry.host]: username })
        expectExit(await tags(), 0, '1\n')
        const list = ['list-tags', '--tls-verify=false', `docker://${registry.host}/team/app`]
        expect((await runTool('skopeo', list, { env })).toString()).toContain('"1"')
        expectExit(await runWindlass(['logout', registry.host], { env }), 0)
        expect(await listed()).toEqual({})
        expectExit(await tags(), 3)
      } finally {
        await keyring.stop()
      }
    }, 60_000)
  },
  ['dbus-run-session', 'dbus-send', 'gnome-keyring-daemon', helper],
)
